// The list of customers, by channel.

import { el, webAddress } from "./dom.js";
import { kindOf } from "./pieces.js";
import { poll } from "./polling.js";
import { tell } from "./speech.js";
import { channelName, moment } from "./words.js";

function line({ channel, contact, last, types, at }) {
  const words = last ?? types.map(kindOf).join(", ");
  const href = `/${encodeURIComponent(channel)}/${encodeURIComponent(contact)}`;
  return el("li", {}, el("a.customer", { href }, el("strong", {}, contact), at && el("time", { datetime: at }, moment(at)), el("span", {}, words)));
}

function section(channel, customers) {
  const lines = customers.filter((one) => one.channel === channel).sort((a, b) => ((a.at ?? "") < (b.at ?? "") ? 1 : -1));
  return el(
    "section",
    { "aria-label": channelName(channel) },
    el("h2", {}, channelName(channel)),
    lines.length ? el("ul", {}, lines.map(line)) : el("p", {}, tell("nobody")),
    el("a.quiet", { href: `/${encodeURIComponent(channel)}/new` }, tell("another")),
  );
}

document.title = tell("customers");
const main = el("main.overview", {});
document.body.replaceChildren(main);
poll("/customers", ({ channels, customers, chat_url: chat }) => {
  main.replaceChildren(
    el("h1", {}, tell("customers")),
    el("p", {}, tell("customers_hint")),
    ...channels.map((channel) => section(channel, customers)),
    el("section", { "aria-label": channelName("webchat") }, el("h2", {}, channelName("webchat")), el("a.quiet", { href: webAddress(chat), target: "_blank" }, tell("webchat"))),
  );
});
