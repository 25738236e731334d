// One customer's phone or mailbox: what came, byte for byte, what was answered, and a form to answer.

import { answering } from "./answering.js";
import { el } from "./dom.js";
import { pieces } from "./pieces.js";
import { poll } from "./polling.js";
import { tell } from "./speech.js";
import { channelName } from "./words.js";

const [, channel, contact] = location.pathname.split("/").map(decodeURIComponent);
const here = `/${encodeURIComponent(channel)}/${encodeURIComponent(contact)}`;
const shown = new Set();
let atEnd = true;

const log = el("div.log", { role: "log", "aria-live": "polite" });
const scroller = el("div.scroller", { tabindex: "0", role: "region", "aria-label": contact, onscroll: () => (atEnd = isAtEnd()) }, log);
const nothing = el("p.empty", {}, tell("nothing_yet"));
const title = el("h1", {}, contact);
const device = el("main.device", {}, el("header", {}, title, el("span", {}, channelName(channel))), nothing, scroller, answering(`${here}/messages`));
document.body.replaceChildren(el("a.quiet.all", { href: "/" }, tell("all")), device);

function show({ kind, messages }) {
  device.classList.add(kind);
  document.title = tell(kind, contact);
  title.setAttribute("aria-label", document.title);
  nothing.hidden = messages.length > 0;
  const fresh = messages.filter((one) => !shown.has(one.id));
  for (const one of fresh) {
    shown.add(one.id);
    log.append(pieces(one, here));
  }
  if (fresh.length) toEnd();
}

/** Pictures make the conversation longer when they are there; whoever reads at its end stays there. */
log.addEventListener("load", () => atEnd && toEnd(), true);

function isAtEnd() {
  return scroller.scrollTop + scroller.clientHeight > scroller.scrollHeight - 40;
}

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

poll(`${here}/messages`, show);
