// One file on its way to the gateway: progress, cancel, retry.

import { Refused } from "./api.js";

/** `state`: uploading, done, failed, refused (trying again would not help) or canceled. `changed` hears of each step. */
export class Upload {
  constructor(file, url, headers, changed) {
    this.file = file;
    this.url = url;
    this.headers = headers;
    this.changed = changed;
    this.start();
  }

  start() {
    this.state = "uploading";
    this.progress = 0;
    this.problem = null;
    this.done = new Promise((resolve) => (this.settle = resolve));
    this.request = new XMLHttpRequest();
    this.request.upload.onprogress = ({ loaded, total }) => {
      this.progress = total ? loaded / total : 0;
      this.changed();
    };
    this.request.onload = () => this.#answered();
    this.request.onerror = () => this.#end("failed");
    this.request.onabort = () => this.#end("canceled");
    this.request.open("POST", `${this.url}?file_name=${encodeURIComponent(this.file.name)}`);
    for (const [name, value] of Object.entries(this.headers())) this.request.setRequestHeader(name, value);
    this.request.setRequestHeader("Content-Type", this.file.type || "application/octet-stream");
    this.request.send(this.file);
    this.changed();
  }

  refuse(sentence) {
    this.problem = sentence;
    this.request.abort();
    this.#end("refused");
  }

  cancel() {
    this.request.abort();
  }

  #answered() {
    const { status } = this.request;
    const answer = parsed(this.request.responseText);
    if (status === 201) {
      this.id = answer.upload;
      return this.#end("done");
    }
    this.problem = answer.error?.sentence ?? null;
    this.error = new Refused(status, answer.error?.code, this.problem);
    return this.#end(status >= 400 && status < 500 ? "refused" : "failed");
  }

  #end(state) {
    if (this.state !== "uploading") return;
    this.state = state;
    this.settle(state);
    this.changed();
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
