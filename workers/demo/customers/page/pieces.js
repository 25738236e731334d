// A message as the customer sees it, with what its files are: type, size and SHA-256.

import { el, icon, webAddress } from "./dom.js";
import { tell } from "./speech.js";
import { size, time } from "./words.js";

export function pieces(message, here) {
  const where = `${here}/files/${encodeURIComponent(message.id)}`;
  const who = message.own ? tell("you") : tell("shop");
  return el(
    `div.message${message.own ? ".own" : ""}`,
    {},
    el(
      "article",
      { "aria-label": `${who}, ${time(message.at)}` },
      message.subject && el("h2", {}, message.subject),
      el("p.from", {}, el("span", {}, who), el("time", { datetime: message.at }, time(message.at))),
      message.letter ? letter(message, here) : el("p.text", {}, linked(message.text)),
      message.files.map((file, index) => fileOf(file, `${where}/${index}`)),
    ),
  );
}

/** The frame is another, empty world: it runs nothing and its links open elsewhere. */
function letter(message, here) {
  const src = `${here}/letters/${encodeURIComponent(message.id)}`;
  return el("iframe", { src, title: tell("letter"), sandbox: "allow-popups allow-popups-to-escape-sandbox" });
}

function fileOf(file, href) {
  const name = file.name ?? kindOf(file.media_type);
  return el(
    "figure",
    { "aria-label": tell("file", name) },
    file.inline && !file.in_letter && view(file, name, href),
    el(
      "figcaption",
      {},
      el("strong", {}, name),
      el("span", {}, `${file.media_type} · ${size(file.size_bytes)} · SHA-256:`),
      el("code", {}, file.sha256),
      el("a.tool", { href: `${href}?save`, download: file.name ?? "", "aria-label": tell("download", name), title: tell("download", name) }, icon("download")),
    ),
  );
}

/** What a phone calls a file that came without a name. */
export function kindOf(mediaType) {
  return tell(mediaType.split("/")[0]) || tell("document");
}

function view(file, name, src) {
  if (file.media_type.startsWith("video/")) return el("video", { src, controls: true, preload: "metadata", "aria-label": name });
  if (file.media_type.startsWith("audio/")) return el("audio", { src, controls: true, preload: "metadata", "aria-label": name });
  return el("a", { href: src, target: "_blank", "aria-label": tell("open", name) }, el("img", { src, alt: name }));
}

/** Addresses of the web in a text can be followed, as on any phone. */
function linked(text) {
  return text.split(/(https?:\/\/\S+)/).map((piece) => (webAddress(piece) ? el("a", { href: piece, target: "_blank", rel: "noreferrer" }, piece) : piece));
}
