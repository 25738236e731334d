// A picture in full: zoom by button, wheel, double click or keys; drag to move; arrows walk through the thread.

import { button, el, icon, webAddress } from "./dom.js";
import { nameOf, watchable } from "./attachment.js";
import { say } from "./words.js";

const MAX_ZOOM = 8;

export class Lightbox {
  #files = [];
  #index = 0;
  #zoom = 1;
  #at = { x: 0, y: 0 };
  #drag = null;

  constructor() {
    this.image = el("img", { alt: "", draggable: "false" });
    this.stage = el("div.stage", {}, this.image);
    this.title = el("p.title", { "aria-live": "polite" });
    this.save = el("a.tool", { download: "", target: "_blank", rel: "noopener", title: say("download"), "aria-label": say("download") }, icon("download"));
    this.back = button(say("previous"), "previous", () => this.#walk(-1));
    this.forth = button(say("next"), "next", () => this.#walk(1));
    this.dialog = el(
      "dialog.lightbox",
      { "aria-label": say("image") },
      el(
        "header",
        {},
        this.title,
        button(say("farther"), "farther", () => this.#scale(1 / 1.5)),
        button(say("closer"), "closer", () => this.#scale(1.5)),
        this.save,
        button(say("close"), "close", () => this.dialog.close()),
      ),
      this.stage,
      this.back,
      this.forth,
    );
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.stage.addEventListener("dblclick", () => this.#scale(this.#zoom > 1 ? 0 : 2.5));
    this.stage.addEventListener("pointerdown", (event) => this.#grab(event));
    this.stage.addEventListener("pointermove", (event) => this.#pull(event));
    this.stage.addEventListener("pointerup", (event) => this.#release(event));
    document.body.append(this.dialog);
  }

  /** `files` are all pictures of the thread, in its order. */
  open(file, files) {
    this.#files = files;
    this.#index = Math.max(0, files.findIndex((one) => one.id === file.id));
    if (!files.length) this.#files = [file];
    this.#show();
    if (!this.dialog.open) this.dialog.showModal();
  }

  #show() {
    const file = this.#files[this.#index];
    const original = file.type === "image" ? watchable(file) : null;
    const quick = webAddress(file.preview_url) ?? webAddress(file.thumbnail_url);
    this.image.alt = file.alt ?? nameOf(file);
    this.image.src = quick ?? original ?? "";
    this.image.removeAttribute("data-full");
    if (original) this.#sharpen(file, original);
    const place = this.#files.length > 1 ? ` · ${say("attachment_of", this.#index + 1, this.#files.length)}` : "";
    this.title.textContent = nameOf(file) + place;
    this.save.href = webAddress(file.url) ?? "#";
    this.save.download = file.file_name ?? "";
    this.back.disabled = this.#index === 0;
    this.forth.disabled = this.#index === this.#files.length - 1;
    this.#scale(0);
  }

  /** The original takes the preview's place once it is there, in the same size on the screen. */
  #sharpen(file, original) {
    const loading = new Image();
    loading.onload = () => {
      if (this.#files[this.#index] !== file) return;
      this.image.src = original;
      this.image.setAttribute("data-full", "");
    };
    loading.src = original;
  }

  #walk(step) {
    const index = this.#index + step;
    if (index < 0 || index >= this.#files.length) return;
    this.#index = index;
    this.#show();
  }

  /** 0: the whole picture. */
  #scale(factor) {
    this.#zoom = factor ? Math.min(MAX_ZOOM, Math.max(1, this.#zoom * factor)) : 1;
    if (this.#zoom === 1) this.#at = { x: 0, y: 0 };
    this.#place();
  }

  #place() {
    this.image.style.transform = `translate(${this.#at.x}px, ${this.#at.y}px) scale(${this.#zoom})`;
    this.stage.classList.toggle("zoomed", this.#zoom > 1);
  }

  #key(event) {
    const actions = {
      ArrowLeft: () => this.#walk(-1),
      ArrowRight: () => this.#walk(1),
      "+": () => this.#scale(1.5),
      "=": () => this.#scale(1.5),
      "-": () => this.#scale(1 / 1.5),
      0: () => this.#scale(0),
    };
    if (!actions[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    actions[event.key]();
  }

  #wheel(event) {
    event.preventDefault();
    this.#scale(event.deltaY < 0 ? 1.2 : 1 / 1.2);
  }

  #grab(event) {
    this.#drag = { x: event.clientX - this.#at.x, y: event.clientY - this.#at.y, began: event.clientX };
    this.stage.setPointerCapture(event.pointerId);
  }

  #pull(event) {
    if (!this.#drag || this.#zoom === 1) return;
    this.#at = { x: event.clientX - this.#drag.x, y: event.clientY - this.#drag.y };
    this.#place();
  }

  /** A swipe over the whole picture walks; a click beside it closes. */
  #release(event) {
    const moved = event.clientX - (this.#drag?.began ?? event.clientX);
    this.#drag = null;
    if (this.#zoom > 1) return;
    if (Math.abs(moved) > 60) this.#walk(moved < 0 ? 1 : -1);
    else if (!inside(this.image, event)) this.dialog.close();
  }
}

function inside(element, { clientX, clientY }) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
}
