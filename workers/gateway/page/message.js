// One message of a thread: words, files, and what became of each part.

import { attachment, looksOf, renew } from "./attachment.js";
import { el, icon, webAddress } from "./dom.js";
import { why } from "./reasons.js";
import { say, time } from "./words.js";

export const TROUBLE = new Set(["refused", "failed", "in_doubt"]);
const TO_BE_TOLD = new Set([...TROUBLE, "unconfirmed"]);
const LINK = /https?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]]/g;

/**
 * An article that is brought up to date in place: a video goes on playing while a state changes.
 * `mine` is the direction of whoever looks at it.
 */
export class MessageItem {
  #files = new Map();

  constructor(mine, callbacks) {
    this.mine = mine;
    this.callbacks = callbacks;
    this.files = el("div.files");
    this.subject = el("p.subject");
    this.text = el("p.text");
    this.problem = el("p.problem", { role: "note" });
    this.again = el(
      "button.quiet",
      { type: "button", hidden: true, onclick: () => callbacks.again(this.message) },
      icon("retry"),
      say("again"),
    );
    this.doubts = el("div.doubts");
    this.body = el("div.bubble", {}, this.subject, this.files, this.text, this.problem, this.doubts, this.again);
    this.foot = el("p.foot");
    this.element = el("article.message", {}, this.body, this.foot);
  }

  show(message) {
    this.message = message;
    const own = message.direction === this.mine;
    this.element.classList.toggle("own", own);
    this.element.dataset.message = message.message;
    this.element.setAttribute("aria-label", say("message_from", authorOf(message, own), time(message.at)));
    const files = message.state === "withdrawn" ? [] : message.attachments;
    this.body.classList.toggle("one-picture", files.length === 1 && Boolean(files[0].thumbnail_url) && files[0].type === "image");
    this.#showFiles(files.map((file) => this.#file(file, message)));
    this.text.replaceChildren(...linked(message.text ?? ""));
    this.subject.textContent = message.subject ?? "";
    this.problem.textContent = (own && troubleOf(message)) || "";
    const doubts = this.callbacks.resolve && own ? (message.parts ?? []).filter((part) => part.state === "in_doubt") : [];
    this.doubts.replaceChildren(...doubts.flatMap((part) => this.#answers(message, part)));
    this.again.hidden = !(this.callbacks.again && own && TROUBLE.has(message.state) && !doubts.length);
    this.foot.replaceChildren(...footOf(message, own));
  }

  /** Only the agent can find out, and says so with one of two answers. */
  #answers(message, part) {
    const which = message.parts.length > 1 ? `${say("part", part.index + 1, message.parts.length)}: ` : "";
    return ["arrived", "send_again"].map((answer) =>
      el("button.quiet", { type: "button", onclick: () => this.callbacks.resolve(message, part, answer) }, which + say(`doubt_${answer}`)),
    );
  }

  #showFiles(elements) {
    const shown = [...this.files.children];
    if (elements.length !== shown.length || elements.some((one, index) => one !== shown[index])) {
      this.files.replaceChildren(...elements);
    }
  }

  #file(file, message) {
    const alone = message.attachments.length === 1;
    const asLink = (message.parts ?? []).some((part) => part.links?.includes(file.id));
    const looks = `${asLink} ${looksOf(file)}`;
    const known = this.#files.get(file.id);
    if (known?.looks === looks) {
      renew(known.element, file);
      return known.element;
    }
    const element = attachment(file, { ...this.callbacks, outbound: message.direction === "outbound", alone, asLink });
    this.#files.set(file.id, { looks, element });
    return element;
  }
}

function authorOf(message, own) {
  if (own) return message.agent ?? say("you");
  return message.direction === "inbound" ? (message.contact_name ?? say("customer")) : say("agent");
}

function footOf(message, own) {
  const author = own ? message.agent : null;
  const first = [author, time(message.at)].filter(Boolean).join(" · ");
  const parts = message.parts ?? [];
  const states = parts.length > 1
    ? parts.filter((part) => part.state !== "shown").map((part) => el(`span.state.${part.state}`, {}, `${say("part", part.index + 1, parts.length)}: ${say(`state_${part.state}`)}`))
    : [state(message)];
  return [el("time", { datetime: message.at }, first), ...states.filter(Boolean)];
}

function state({ state: name }) {
  const words = say(`state_${name}`);
  return words && el(`span.state.${name}`, {}, words);
}

/** Why the message as a whole did not go, or may not have arrived, where its files or parts have not said it already. */
function troubleOf(message) {
  if (message.direction !== "outbound" || !TO_BE_TOLD.has(message.state)) return null;
  const reasons = [...message.attachments, ...(message.parts ?? []), message].map((one) => one.reason);
  const guilty = reasons.filter((reason) => reason && reason.code !== "another_file_was_refused");
  return [...new Set(guilty.map(why))].join(" ") || say(`state_${message.state}`);
}

/** Addresses in a text become links; everything else stays text. */
function linked(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    nodes.push(text.slice(end, found.index));
    nodes.push(el("a", { href: webAddress(found[0]), target: "_blank", rel: "noopener noreferrer" }, found[0]));
    end = found.index + found[0].length;
  }
  return [...nodes, text.slice(end)].filter(Boolean);
}
