// One file of a message: a picture in a box of known shape, a player, a card, or why it was refused.

import { el, icon, webAddress } from "./dom.js";
import { why } from "./reasons.js";
import { placeholder } from "./thumbhash.js";
import { length, say, size } from "./words.js";

const ALONE = 320;
const BESIDE_OTHERS = 240;
const SHORTEST_SIDE = 72;

/** `open(file)` shows a picture in full; `ask(text)` is there for agents: it begins a question to the customer. */
export function attachment(file, { open, ask, outbound, alone, asLink }) {
  const figure = shown(file, { open, ask, outbound, side: alone ? ALONE : BESIDE_OTHERS });
  if (asLink) figure.append(el("figcaption", {}, say("as_link")));
  for (const warning of file.warnings ?? []) figure.append(el("figcaption.warning", {}, why(warning)));
  return figure;
}

function shown(file, { open, ask, outbound, side }) {
  if (!outbound && (file.state === "refused" || file.state === "failed")) return refusedCard(file, ask);
  if (file.role === "signature" && file.url) return seal(file);
  if (file.type === "image" && file.thumbnail_url) return picture(file, open, side);
  if (file.type === "video" && watchable(file)) return video(file);
  if (file.type === "audio" && watchable(file)) return sound(file);
  if (!file.url && !file.ended) return arriving(file, side);
  return card(file, open);
}

export function nameOf(file) {
  return file.file_name ?? say("file_of", file.index + 1);
}

/** Where a browser shows or plays the file: itself, or the version made for that. Null: nowhere. */
export function watchable(file) {
  return webAddress(file.browser_shows ? file.url : file.full_url);
}

/** Two states of a file that look the same are the same: its element can stay. URLs count without their tokens. */
export function looksOf(file) {
  const plain = Object.entries(file).map(([name, value]) => [name, name.endsWith("url") ? Boolean(value) : value]);
  return JSON.stringify(plain.filter(([name]) => name !== "expires_at" && name !== "sent")) + file.sent?.file_size;
}

/** Fresh addresses for an element that stays: links die after minutes, and a thread may be open all day. */
export function renew(element, file) {
  const link = element.querySelector("a.download");
  if (link) link.href = webAddress(file.url);
  for (const image of element.querySelectorAll("img")) {
    if (!image.naturalWidth) image.src = webAddress(file.thumbnail_url);
  }
  const player = element.querySelector("video, audio");
  if (player?.paused && player.currentTime === 0 && player.src !== watchable(file)) player.src = watchable(file);
}

function picture(file, open, side) {
  const image = el("img", { alt: "", src: webAddress(file.thumbnail_url), loading: "lazy", decoding: "async" });
  const label = say("open_full", file.alt ?? nameOf(file));
  const box = el("button.picture", { type: "button", "aria-label": label, onclick: () => open(file) });
  shape(box, file, side);
  box.append(placeholder(file.placeholder) ?? "", image);
  image.addEventListener("load", () => box.classList.add("loaded"));
  if (image.complete && image.naturalWidth) box.classList.add("loaded");
  return el("figure.file", {}, box, facts(file));
}

/** The box has its final size before the first byte of the picture: nothing jumps. */
function shape(box, { width, height }, side) {
  const shown = width && height ? width * Math.min(1, side / Math.max(width, height)) : 240;
  box.style.width = `${Math.max(SHORTEST_SIDE, Math.round(shown))}px`;
  box.style.aspectRatio = `${width ?? 4} / ${height ?? 3}`;
}

function video(file) {
  const player = el("video.player", { controls: true, preload: "metadata", playsinline: true, src: watchable(file) });
  const poster = webAddress(file.preview_url ?? file.thumbnail_url);
  if (poster) player.poster = poster;
  player.setAttribute("aria-label", nameOf(file));
  player.style.aspectRatio = file.width && file.height ? `${file.width} / ${file.height}` : "16 / 9";
  return el("figure.file", {}, player, facts(file));
}

function sound(file) {
  const player = el("audio.player", { controls: true, preload: "metadata", src: watchable(file), "aria-label": nameOf(file) });
  const wave = webAddress(file.thumbnail_url);
  return el("figure.file", {}, wave && el("img.wave", { src: wave, alt: "", loading: "lazy" }), player, facts(file));
}

function arriving(file, side) {
  const box = el("div.picture.arriving", { role: "img", "aria-label": say("is_arriving") }, el("span", {}, say("is_arriving")));
  shape(box, file, side);
  const hash = file.placeholder && placeholder(file.placeholder);
  if (hash) box.prepend(hash);
  return el("figure.file", {}, box);
}

function card(file, open) {
  const thumbnail = webAddress(file.thumbnail_url);
  const front = thumbnail ? el("img", { src: thumbnail, alt: "", loading: "lazy" }) : icon("file");
  const words = el("span.words", {}, el("strong", {}, nameOf(file)), el("small", {}, kindAndSize(file)));
  const lack = file.preview_reason && why(file.preview_reason);
  const inner = [el("span.front", {}, front), words];
  const body = thumbnail && file.preview_url
    ? el("button.card", { type: "button", "aria-label": say("open_full", nameOf(file)), onclick: () => open(file) }, inner)
    : el("div.card", {}, inner);
  return el("figure.file", {}, el("div.row", {}, body, downloadLink(file)), lack && el("figcaption", {}, lack), conversion(file));
}

/** What a mail program has signed a mail with: there to be saved, and of no use to look at. */
function seal(file) {
  return el("figure.file", {}, el("figcaption", {}, el("span.name", { title: nameOf(file) }, say("signature")), downloadLink(file)));
}

function refusedCard(file, ask) {
  const sentence = file.reason ? why(file.reason) : say("state_failed");
  return el(
    "figure.file.refused",
    {},
    el(
      "div.card",
      {},
      el("span.front", {}, icon("refused")),
      el("span.words", {}, el("strong", {}, `${say("is_refused")}: ${nameOf(file)}`), el("span", {}, sentence)),
    ),
    ask && el("button.quiet", { type: "button", onclick: () => ask(question(file)) }, icon("speech"), say("ask_customer")),
  );
}

/** What to write to the customer, by the reason's code. */
function question(file) {
  const code = file.reason?.code ?? "";
  if (/^(too_many|too_large|decode_)/.test(code)) return say("ask_smaller", nameOf(file));
  if (/^type_/.test(code)) return say("ask_type", nameOf(file));
  if (/^(file_|image_unreadable|source_)/.test(code)) return say("ask_gone", nameOf(file));
  return say("ask_default", nameOf(file));
}

function facts(file) {
  const words = el("span.name", { title: nameOf(file) }, nameOf(file));
  const measures = [file.duration_seconds && length(file.duration_seconds), file.file_size && size(file.file_size)];
  const bytes = el("span", {}, measures.filter(Boolean).join(" · "));
  return el("figcaption", {}, words, bytes, downloadLink(file), conversion(file));
}

function downloadLink(file) {
  const address = webAddress(file.url);
  if (!address) return null;
  const label = `${say("download")}: ${nameOf(file)}`;
  return el(
    "a.tool.download",
    { href: address, download: file.file_name ?? "", target: "_blank", rel: "noopener", title: label, "aria-label": label },
    icon("download"),
  );
}

function conversion({ conversion: made }) {
  if (!made || made.to_size_bytes === made.from_size_bytes) return null;
  return el("span.conversion", {}, say("converted", size(made.from_size_bytes), size(made.to_size_bytes)));
}

function kindAndSize(file) {
  const extension = /\.([a-z0-9]{2,5})$/i.exec(file.file_name ?? "")?.[1].toUpperCase();
  const pages = file.pages > 1 && say("pages", file.pages);
  return [extension ?? say("file"), pages, file.file_size && size(file.file_size)].filter(Boolean).join(" · ");
}
