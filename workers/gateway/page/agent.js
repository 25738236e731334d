// The agent's page: tickets on the left, the open one on the right, everything live.

import { Api } from "./api.js";
import { nameOf } from "./attachment.js";
import { Beginning } from "./beginning.js";
import { Composer, acceptDrops } from "./composer.js";
import { button, el } from "./dom.js";
import { Lightbox } from "./lightbox.js";
import * as sessions from "./session.js";
import { follow } from "./stream.js";
import { Thread } from "./thread.js";
import { Tickets } from "./tickets.js";
import { channelName, contactName, say, size } from "./words.js";

class Page {
  #composers = new Map();
  #open = null;
  #awaited = null;

  constructor(session) {
    this.session = session;
    this.stop = new AbortController();
    this.api = new Api(session, () => this.#leave(say("session_over")));
    this.tickets = new Tickets(session.account, (conversation) => (location.hash = `/${conversation}`));
    this.lightbox = new Lightbox();
    this.offline = el("p.offline", { role: "status", hidden: true }, say("offline"));
    this.main = el("main", { tabindex: "-1" }, el("p.empty", {}, say("empty_thread")));
    this.element = el(
      "div.page",
      {},
      this.offline,
      el(
        "aside",
        {},
        el("header", {}, el("h1", {}, session.account_name), button(say("begin"), "begin", () => (location.hash = "/new")), button(say("sign_out"), "leave", () => this.#leave())),
        this.tickets.element,
      ),
      this.main,
    );
  }

  async start() {
    document.title = this.session.account_name;
    document.body.replaceChildren(this.element, this.lightbox.dialog);
    const [listed, channels] = await Promise.all([this.api.get("/v1/conversations"), this.api.get("/v1/channels")]);
    this.channels = channels;
    this.tickets.show(listed.conversations);
    const { signal } = this.stop;
    addEventListener("hashchange", () => this.#route(), { signal });
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
    follow(this.api, "/v1/events", listed.cursor, {
      signal,
      heard: (name, conversation) => name === "conversation" && this.#heard(conversation),
      connected: (yes) => this.#connected(yes),
    });
    setInterval(() => this.#renew(), 60_000);
    await this.#route();
  }

  #heard(conversation) {
    this.tickets.show([conversation]);
    if (conversation.conversation === this.#awaited) location.hash = `/${this.#awaited}`;
    if (this.#open?.conversation === conversation.conversation) this.#open.thread.refresh().then(() => this.#seen());
  }

  /** The stream tells again what it may have missed; the open thread asks for itself. */
  #connected(yes) {
    this.offline.hidden = yes;
    if (yes) this.#open?.thread.refresh();
  }

  async #renew() {
    this.session = await sessions.renew(this.session).catch(() => this.session);
    this.api.session = this.session;
  }

  #seen() {
    if (this.#open) this.tickets.markSeen(this.#open.conversation);
  }

  async #route() {
    const conversation = location.hash.slice(2);
    this.#open?.thread.close();
    this.#open = null;
    this.#awaited = null;
    this.element.classList.toggle("reading", Boolean(conversation));
    this.tickets.select(conversation);
    if (!conversation) return this.main.replaceChildren(el("p.empty", {}, say("empty_thread")));
    if (conversation === "new") return this.#begin();
    const path = `/v1/conversations/${encodeURIComponent(conversation)}`;
    const known = this.tickets.get(conversation);
    const thread = new Thread({
      load: (query) => this.api.get(`${path}?${query}`),
      mine: "outbound",
      label: say("thread_of", known ? contactName(known) : ""),
      lightbox: this.lightbox,
      ask: (text) => this.#composers.get(conversation)?.write(text),
      resolve: (message, part, answer) => this.#resolve(message, part, answer),
      again: (message) => this.#again(message, this.#composers.get(conversation)),
    });
    this.#open = { conversation, thread };
    try {
      this.main.replaceChildren(thread.element);
      const page = await thread.open();
      if (this.#open?.thread === thread) this.#show(page.conversation, thread);
    } catch (error) {
      this.main.replaceChildren(el("p.empty", { role: "alert" }, error.message));
    }
  }

  /** The conversation opens as soon as it is in the record. */
  #begin() {
    const beginning = new Beginning(this.channels.channels);
    const composer = new Composer({
      uploads: "/v1/uploads",
      headers: () => this.api.headers,
      limits: { maxBytes: this.channels.max_upload_bytes },
      hints: { noWords: say("no_words") },
      preflight: async (upload) => this.#preflight(beginning.where, upload),
      send: async (message, name) => {
        const answer = await this.api.post("/v1/replies", { ...beginning.where, ...message }, { "Idempotency-Key": name });
        this.#awaited = answer.conversation;
        if (this.tickets.get(this.#awaited)) location.hash = `/${this.#awaited}`;
      },
    });
    const back = button(say("back"), "previous", () => (location.hash = ""), { "data-narrow": true });
    this.main.replaceChildren(el("header", {}, back, el("h2", {}, say("begin"))), beginning.element, composer.element);
    beginning.contact.focus();
  }

  #show(ticket, thread) {
    this.tickets.show([ticket]);
    const composer = this.#composers.get(ticket.conversation) ?? this.#composer(ticket);
    this.#composers.set(ticket.conversation, composer);
    const back = button(say("back"), "previous", () => (location.hash = ""), { "data-narrow": true });
    const head = el("header", {}, back, el("h2", {}, contactName(ticket)), el(`span.channel.${ticket.channel}`, {}, channelName(ticket.channel)));
    this.main.replaceChildren(head, thread.element, composer.element);
    thread.toEnd();
    this.#seen();
    if (matchMedia("(pointer: fine)").matches) composer.text.focus();
  }

  #composer(ticket) {
    const limits = this.channels.channels.find((one) => one.channel === ticket.channel && one.address === ticket.address);
    const where = { channel: ticket.channel, contact: ticket.contact, address: ticket.address };
    return new Composer({
      uploads: "/v1/uploads",
      headers: () => this.api.headers,
      limits: { maxBytes: this.channels.max_upload_bytes },
      hints: {
        noWords: say("no_words"),
        limits: limits && say(limits.links ? "limits_links" : "limits", channelName(ticket.channel), size(limits.max_message_bytes)),
      },
      preflight: (upload) => this.#preflight(where, upload),
      send: (...sent) => this.#send(ticket, where, ...sent),
    });
  }

  /** A gateway that cannot tell beforehand is asked once; the limits of the channel stand there anyway. */
  async #preflight(where, upload) {
    if (this.noPreflight) return null;
    try {
      return await this.api.post("/v1/preflight", { ...where, upload: upload.id });
    } catch (error) {
      this.noPreflight = error.status === 404 && error.code === "not_found";
      return null;
    }
  }

  async #send(ticket, where, message, name, originals) {
    const thread = this.#open?.conversation === ticket.conversation ? this.#open.thread : null;
    const asked = { ...where, ...message, in_reply_to: thread?.lastLetter() ?? null };
    const answer = await this.api.post("/v1/replies", asked, { "Idempotency-Key": name });
    thread?.expect(pending(answer.message, message, originals));
  }

  /** An answer that comes too late is no harm: the thread shows what became of the part. */
  async #resolve({ message }, part, answer) {
    const path = `/v1/messages/${encodeURIComponent(message)}/parts/${encodeURIComponent(part.id)}/resolution`;
    await this.api.post(path, { answer }).catch(() => this.#open?.thread.refresh());
  }

  /** What did not go, or perhaps did not, lies in the composer once more; sending it is the agent's decision. */
  async #again(message, composer) {
    composer.write(message.text ?? "");
    const files = message.attachments.filter((file) => file.url);
    const fetched = files.map(async (file) => new File([await (await fetch(file.url)).blob()], nameOf(file), { type: file.mime }));
    composer.add(await Promise.all(fetched));
  }

  #leave(problem) {
    if (this.stop.signal.aborted) return;
    this.stop.abort();
    sessions.forget();
    show(problem);
  }
}

function pending(name, message, files) {
  const attachments = files.map((file, index) => ({ id: `${name}/${index}`, index, state: "announced", file_name: file.name, file_size: file.size }));
  return { message: name, direction: "outbound", state: "requested", at: new Date().toISOString(), text: message.text, attachments, parts: [] };
}

function show(problem) {
  document.body.replaceChildren(el("main", {}, sessions.signIn(problem, (session) => new Page(session).start())));
}

// A new code in the address of an open page is no new document by itself.
addEventListener("hashchange", () => location.hash.startsWith("#code=") && location.reload());

const area = document.documentElement;
acceptDrops(area, (files) => document.querySelector(".composer")?.dispatchEvent(new CustomEvent("files", { detail: files })));

try {
  const session = (await sessions.fromAddress()) ?? sessions.known();
  if (session) await new Page(session).start();
  else show();
} catch (error) {
  show(error.message);
}
