// The list of tickets: who wrote, on which channel, what was said last, and what is new since this browser looked.

import { el, icon } from "./dom.js";
import { TROUBLE } from "./message.js";
import { channelName, contactName, moment, say } from "./words.js";

export class Tickets {
  #rows = new Map();

  constructor(account, open) {
    this.store = `trombone.seen.${account}`;
    this.seen = JSON.parse(localStorage.getItem(this.store) ?? "{}");
    this.open = open;
    this.list = el("ul", { onkeydown: (event) => this.#key(event) });
    this.empty = el("p.empty", { hidden: true }, say("empty_list"));
    this.element = el("nav.tickets", { "aria-label": say("tickets") }, this.list, this.empty);
  }

  /** Conversations as they are now; older news than what is shown changes nothing. */
  show(conversations) {
    for (const one of conversations) {
      const known = this.#rows.get(one.conversation);
      if (known && known.ticket.cursor > one.cursor) continue;
      const row = known ?? this.#row(one.conversation);
      row.ticket = one;
      this.#fill(row);
    }
    const sorted = [...this.#rows.values()].sort((a, b) => (a.ticket.changed_at < b.ticket.changed_at ? 1 : -1));
    sorted.forEach((row, index) => {
      if (this.list.children[index] !== row.element) this.list.insertBefore(row.element, this.list.children[index] ?? null);
    });
    this.empty.hidden = this.#rows.size > 0;
  }

  select(conversation) {
    this.selected = conversation;
    for (const row of this.#rows.values()) this.#fill(row);
  }

  get(conversation) {
    return this.#rows.get(conversation)?.ticket;
  }

  /** What is on the screen now is not news any more. */
  markSeen(conversation) {
    const row = this.#rows.get(conversation);
    if (!row || document.hidden) return;
    this.seen[conversation] = { files: row.ticket.inbound_files, last: row.ticket.last?.message };
    localStorage.setItem(this.store, JSON.stringify(this.seen));
    this.#fill(row);
  }

  #row(conversation) {
    const face = el("button.ticket", { type: "button", onclick: () => this.open(conversation) });
    const row = { face, element: el("li", {}, face) };
    this.#rows.set(conversation, row);
    return row;
  }

  #fill({ ticket, face }) {
    const { last } = ticket;
    const seen = this.seen[ticket.conversation] ?? { files: 0 };
    const files = Math.max(0, ticket.inbound_files - seen.files);
    const unread = last?.direction === "inbound" && seen.last !== last.message;
    face.classList.toggle("unread", unread || files > 0);
    face.toggleAttribute("aria-current", ticket.conversation === this.selected);
    face.replaceChildren(
      el("span.who", {}, contactName(ticket)),
      el("time", { datetime: ticket.changed_at }, moment(ticket.changed_at)),
      el("span.last", {}, troubleOf(last), lastWords(last)),
      files > 0 ? el("span.badge", { "aria-label": say("media_new", files), title: say("media_new", files) }, icon("paperclip"), String(files)) : "",
      el(`span.channel.${ticket.channel}`, {}, channelName(ticket.channel)),
    );
    if (unread) face.append(el("span.hidden", {}, say("unread")));
  }

  #key(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const target = step && event.target.closest("li")?.[step]?.querySelector("button");
    if (!target) return;
    event.preventDefault();
    target.focus();
  }
}

/** A reply that did not go is news of its own, in words as well as in color. */
function troubleOf(last) {
  if (last?.direction !== "outbound" || !TROUBLE.has(last.state)) return null;
  return el(`span.state.${last.state}`, {}, say(`state_${last.state}`), " · ");
}

function lastWords(last) {
  if (!last) return "";
  const files = last.types.length ? `[${[...new Set(last.types.map((type) => say(type ?? "file")))].join(", ")}] ` : "";
  const who = last.direction === "outbound" ? `${say("you")}: ` : "";
  return who + files + (last.text ?? "");
}
