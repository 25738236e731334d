// Where a message is written: words, files by clip, camera, drop or paste, and what will become of them.

import { freshName } from "./api.js";
import { button, el, icon } from "./dom.js";
import { why } from "./reasons.js";
import { Upload } from "./upload.js";
import { say, size } from "./words.js";

/**
 * `uploads` is the URL for files, `headers()` the permission, `limits` null or `{hint, maxBytes}`.
 * `preflight(upload)` answers with a verdict or null; `send({text, files}, name, originals)` throws what is to be told.
 */
export class Composer {
  #items = [];
  #sending = false;
  #attempt = null;

  constructor({ uploads, headers, send, preflight = async () => null, limits, hints = {} }) {
    Object.assign(this, { uploads, headers, send, preflight, limits, hints });
    this.tray = el("ul.tray", { "aria-label": say("add_files") });
    this.text = el("textarea", { rows: "1", placeholder: say("caption"), "aria-label": say("caption"), title: say("enter_hint"), maxlength: "10000" });
    this.picker = el("input.hidden", { type: "file", multiple: true, tabindex: "-1", "aria-hidden": "true" });
    this.camera = el("input.hidden", { type: "file", accept: "image/*", capture: "environment", tabindex: "-1", "aria-hidden": "true" });
    const id = freshName();
    this.hint = el("p.hint", { role: "status", "aria-live": "polite", id });
    this.problem = el("p.problem", { role: "alert" });
    const named = { title: say("send"), "aria-label": say("send"), "aria-describedby": id };
    this.submit = el("button.send", { type: "submit", ...named }, icon("send"));
    this.element = el(
      "form.composer",
      { autocomplete: "off" },
      this.problem,
      this.tray,
      this.hint,
      el(
        "div.line",
        {},
        button(say("add_files"), "paperclip", () => this.picker.click()),
        button(say("add_camera"), "camera", () => this.camera.click(), { "data-touch": true }),
        this.text,
        this.submit,
      ),
      this.picker,
      this.camera,
    );
    this.#listen();
    this.#update();
  }

  #listen() {
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("input", () => this.#update());
    this.text.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
    this.element.addEventListener("files", (event) => this.add(event.detail));
    for (const input of [this.picker, this.camera]) {
      input.addEventListener("change", () => {
        this.add(input.files);
        input.value = "";
      });
    }
  }

  /** Files from wherever: they begin to travel at once. */
  add(files) {
    for (const file of files) this.#items.push(new Item(file, this));
    this.#update();
    this.text.focus();
  }

  write(text) {
    this.text.value = text;
    this.#update();
    this.text.focus();
  }

  /** The keyboard's place was on the button that goes with the file. */
  remove(item) {
    const held = item.element.contains(document.activeElement);
    this.#items = this.#items.filter((one) => one !== item);
    this.#update();
    if (held) this.text.focus();
  }

  changed() {
    this.#update();
  }

  async #submit() {
    if (this.#sending || this.submit.disabled) return;
    if (this.#stuck) return this.#stuck.actions.querySelector("button")?.focus();
    this.#sending = true;
    this.problem.textContent = "";
    this.#update();
    try {
      await Promise.all(this.#items.map((item) => item.upload.done));
      const items = this.#items.filter((item) => item.upload.state === "done");
      const text = this.text.value.trim();
      if (items.length === this.#items.length && (text || items.length)) await this.#send(text, items);
    } catch (error) {
      this.problem.textContent = say("not_sent", error.message);
    } finally {
      this.#sending = false;
      this.#update();
    }
  }

  async #send(text, items) {
    const files = items.map(({ upload }) => ({ upload: upload.id, file_name: upload.file.name }));
    const message = { text: text || null, files };
    await this.send(message, this.#nameOf(message), items.map((item) => item.upload.file));
    this.#attempt = null;
    for (const item of items) item.forget();
    this.#items = this.#items.filter((item) => !items.includes(item));
    this.text.value = "";
    this.text.focus();
  }

  /** The same content sent again, after an answer that got lost, is the same message. */
  #nameOf(message) {
    const content = JSON.stringify(message);
    if (this.#attempt?.content !== content) this.#attempt = { content, name: freshName() };
    return this.#attempt.name;
  }

  /** The first file that cannot go: as long as it is there, nothing does. */
  get #stuck() {
    return this.#items.find((item) => item.isStuck);
  }

  #update() {
    const elements = this.#items.map((item) => item.element);
    if (elements.some((one, index) => one !== this.tray.children[index]) || elements.length !== this.tray.children.length) {
      this.tray.replaceChildren(...elements);
    }
    const hasWords = Boolean(this.text.value.trim());
    this.submit.disabled = this.#sending || !(hasWords || this.#items.length);
    // Still reached by the keyboard: whoever comes there hears why it does nothing.
    this.submit.setAttribute("aria-disabled", String(this.submit.disabled || Boolean(this.#stuck)));
    this.#tell(this.#hints(hasWords));
  }

  /** What stands there already is not told again. */
  #tell(lines) {
    if (this.told === lines.join("\n")) return;
    this.told = lines.join("\n");
    this.hint.replaceChildren(...lines.map((line) => el("span", {}, line)));
  }

  /** One line each, and only what matters now; only a file that cannot go keeps anybody from sending. */
  #hints(hasWords) {
    const travelling = this.#items.some((item) => item.upload.state === "uploading");
    const stuck = this.#stuck;
    const going = this.#items.some((item) => !item.isStuck);
    const lines = [
      stuck && say(stuck.upload.state === "failed" ? "stuck_broken" : "stuck", stuck.upload.file.name),
      this.#sending && (travelling ? say("sends_after_upload") : say("sending")),
      going && !hasWords && this.hints.noWords,
      this.#items.length && this.hints.limits,
    ];
    return lines.filter(Boolean);
  }
}

/** A file before it is sent: how it looks, how far it is, what the channel will make of it. */
class Item {
  constructor(file, composer) {
    this.composer = composer;
    this.preview = el("span.front", {}, icon("file"));
    this.state = el("span.state", { role: "status" });
    this.progress = el("progress", { max: "1", value: "0", "aria-label": say("upload_progress", file.name) });
    this.actions = el("span.actions");
    const name = el("span.words", {}, el("strong", { title: file.name }, file.name), el("small", {}, size(file.size)), this.state, this.progress);
    this.element = el("li", {}, this.preview, name, this.actions);
    this.#look(file);
    this.upload = new Upload(file, composer.uploads, composer.headers, () => this.#changed());
    const { maxBytes } = composer.limits ?? {};
    if (maxBytes && file.size > maxBytes) this.upload.refuse(say("too_large", size(maxBytes)));
    this.#changed();
    this.#ask();
  }

  #look(file) {
    if (!/^image\/(jpeg|png|gif|webp)$/.test(file.type)) return;
    this.address = URL.createObjectURL(file);
    // A name says nothing about what is inside: what is no picture stays a card.
    const onerror = () => this.preview.replaceChildren(icon("file"));
    this.preview.replaceChildren(el("img", { src: this.address, alt: say("preview_of", file.name), onerror }));
  }

  /** It did not get up, or the channel will not take it. */
  get isStuck() {
    return ["failed", "refused"].includes(this.upload?.state) || this.verdict?.verdict === "refused";
  }

  async #ask() {
    if ((await this.upload.done) !== "done") return;
    this.verdict = await this.composer.preflight(this.upload).catch(() => null);
    this.#changed();
  }

  #changed() {
    const { upload } = this;
    if (!upload) return;
    if (upload.state === "canceled") return this.#remove();
    this.element.dataset.state = upload.state;
    this.progress.value = upload.progress;
    this.progress.hidden = upload.state !== "uploading";
    this.state.textContent = this.#words();
    this.element.classList.toggle("bad", this.isStuck);
    const name = upload.file.name;
    const retry = upload.state === "failed" && button(say("retry"), "retry", () => this.#again());
    const drop = button(upload.state === "uploading" ? `${say("cancel")}: ${name}` : say("remove", name), "close", () => this.#leave());
    this.#showActions([retry, drop].filter(Boolean));
    this.composer.changed();
  }

  /** Kept as they are while the file travels, so that the keyboard's place is not lost. */
  #showActions(buttons) {
    const labels = buttons.map((one) => one.title).join();
    if (this.actions.dataset.labels === labels) return;
    this.actions.dataset.labels = labels;
    this.actions.replaceChildren(...buttons);
  }

  #words() {
    const { state, progress, problem } = this.upload;
    if (state === "uploading") return say("uploading", Math.round(progress * 100));
    if (state === "failed" || state === "refused") return problem ?? say("upload_failed");
    return this.verdict ? verdictWords(this.verdict) : say("uploaded");
  }

  #again() {
    this.upload.start();
    this.#ask();
  }

  #leave() {
    if (this.upload.state === "uploading") this.upload.cancel();
    else this.#remove();
  }

  #remove() {
    this.forget();
    this.composer.remove(this);
  }

  forget() {
    if (this.address) URL.revokeObjectURL(this.address);
  }
}

function verdictWords({ verdict, sentence, reason, from_bytes: from, to_bytes: to }) {
  if (verdict === "converted" && from && to) return say("preflight_converted", size(from), size(to));
  return (verdict === "refused" && reason && why(reason)) || say(`preflight_${verdict}`) || sentence;
}

/** Files may be dropped anywhere on `area`. */
export function acceptDrops(area, add) {
  let depth = 0;
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = (dragging) => area.classList.toggle("dropping", dragging);
  area.dataset.drop = say("drop");
  area.addEventListener("dragenter", (event) => holdsFiles(event) && show((depth += 1) > 0));
  area.addEventListener("dragleave", (event) => holdsFiles(event) && show((depth -= 1) > 0));
  area.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  area.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    show((depth = 0) > 0);
    add(event.dataTransfer.files);
  });
}
