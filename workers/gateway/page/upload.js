// One file on its way to the gateway, in pieces: progress, cancel, and going on where a broken line left it.

import { freshName } from "./api.js";
import { why } from "./reasons.js";

const PIECE = 1024 * 1024;
const PATIENCE = [1000, 3000, 8000];

/** `state`: uploading, done, failed, refused (trying again would not help) or canceled. `changed` hears of each step. */
export class Upload {
  constructor(file, url, headers, changed) {
    this.file = file;
    this.id = freshName();
    this.url = `${url}/${this.id}`;
    this.headers = headers;
    this.changed = changed;
    this.start();
  }

  start() {
    this.state = "uploading";
    this.progress = 0;
    this.problem = null;
    this.done = new Promise((resolve) => (this.settle = resolve));
    this.#run(this.received ? null : 0);
    this.changed();
  }

  refuse(sentence) {
    this.problem = sentence;
    this.#end("refused");
    this.request?.abort();
  }

  cancel() {
    this.#end("canceled");
    this.request?.abort();
  }

  /** Piece by piece from an offset; null: ask where. A line that breaks is tried again a few times first. */
  async #run(offset) {
    let failures = 0;
    while (this.state === "uploading") {
      const answer = offset === null ? await this.#ask("GET") : await this.#send(offset);
      if (answer.status === 201) return this.#end("done");
      if (answer.status === 200 || answer.status === 409) {
        offset = this.received = answer.body.received_bytes ?? answer.body.error.limit;
        failures = 0;
      } else if (answer.status >= 400 && answer.status < 500) {
        this.problem = answer.body.error ? why(answer.body.error) : null;
        return this.#end("refused");
      } else if (failures < PATIENCE.length && navigator.onLine) {
        offset = null;
        await new Promise((resolve) => setTimeout(resolve, PATIENCE[failures++]));
      } else {
        return this.#end("failed");
      }
    }
  }

  #send(offset) {
    const { size, name, type } = this.file;
    const query = new URLSearchParams({ offset, size, file_name: name });
    return this.#ask("PUT", `?${query}`, this.file.slice(offset, offset + PIECE), type, (loaded) => {
      this.progress = size ? (offset + loaded) / size : 0;
      this.changed();
    });
  }

  /** `{status, body}`; status 0: the line broke. */
  #ask(method, query = "", body = null, type = "", progressed = () => {}) {
    return new Promise((resolve) => {
      const request = (this.request = new XMLHttpRequest());
      request.upload.onprogress = ({ loaded }) => progressed(loaded);
      request.onloadend = () => resolve({ status: request.status, body: parsed(request.responseText) });
      request.open(method, this.url + query);
      for (const [header, value] of Object.entries(this.headers())) request.setRequestHeader(header, value);
      if (body) request.setRequestHeader("Content-Type", type || "application/octet-stream");
      request.send(body);
    });
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
