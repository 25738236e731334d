// The customer's chat: one conversation, the visitor's own. It runs alone or in the frame that widget.js opens.

import { Api, refusal } from "./api.js";
import { Composer, acceptDrops } from "./composer.js";
import { button, el } from "./dom.js";
import { Lightbox } from "./lightbox.js";
import { follow } from "./stream.js";
import { Thread } from "./thread.js";
import { say } from "./words.js";

const address = decodeURIComponent(location.pathname.split("/")[2]);
const store = `trombone.visitor.${address}`;
const framed = window.parent !== window;
const told = new Set();
let isOpen = !framed;
let seen = [];

const api = new Api({ token: localStorage.getItem(store) }, () => {
  localStorage.removeItem(store);
  location.reload();
});

/** A new visitor, or the one of this browser again; a session that has ended begins anew. */
async function begin() {
  const start = (headers) => fetch(`/webchat/${encodeURIComponent(address)}/sessions`, { method: "POST", headers });
  let answer = await start(api.session.token ? api.headers : {});
  if (answer.status === 401) answer = await start({});
  if (!answer.ok) throw await refusal(answer);
  api.session = await answer.json();
  localStorage.setItem(store, api.session.token);
}

/** The agent learns that a message was shown, and that it was seen once the chat is in front. */
async function acknowledge(messages) {
  seen = messages.length ? [...new Map([...seen, ...messages].map((one) => [one.message, one])).values()] : seen;
  for (const { message, parts, direction } of seen) {
    for (const part of direction === "outbound" ? parts : []) {
      for (const status of isOpen && !document.hidden ? ["delivered", "read"] : ["delivered"]) {
        const name = `${message} ${part.id} ${status}`;
        if (told.has(name)) continue;
        told.add(name);
        await api.post("/webchat/receipts", { message, part: part.id, status }).catch(() => told.delete(name));
      }
    }
  }
}

/** In the words of a thread: a reply is outbound, whoever looks at it. */
function neutral(page) {
  const messages = page.messages.map((message) => ({
    ...message,
    direction: message.sender === "agent" ? "outbound" : "inbound",
    state: message.sender === "agent" ? "shown" : message.state,
    parts: message.parts.map((id, index) => ({ id, index, state: "shown" })),
  }));
  return { ...page, messages };
}

function pending(name, message, originals) {
  const attachments = originals.map((file, index) => ({ id: `${name}/${index}`, index, state: "announced", file_name: file.name, file_size: file.size }));
  return { message: name, direction: "inbound", state: "arriving", at: new Date().toISOString(), text: message.text, attachments, parts: [] };
}

async function run() {
  document.title = say("chat_title");
  await begin();
  const thread = new Thread({
    load: async (query) => neutral(await api.get(`/webchat/messages?${query}`)),
    mine: "inbound",
    label: say("chat_title"),
    lightbox: new Lightbox(),
    told: (messages) => {
      hello.hidden = true;
      acknowledge(messages);
    },
  });
  const composer = new Composer({
    uploads: "/webchat/uploads",
    headers: () => api.headers,
    send: async (message, name, originals) => {
      const answer = await api.post("/webchat/messages", { client_message_id: name, ...message });
      thread.expect(pending(answer.message, message, originals));
    },
  });
  const hello = el("p.hello", {}, say("chat_hello"));
  const offline = el("p.offline", { role: "status", hidden: true }, say("offline"));
  const close = button(say("close"), "close", () => window.parent.postMessage({ trombone: "close" }, "*"));
  document.body.prepend(el("header", {}, el("h1", {}, say("chat_title")), framed && close), el("main", {}, hello, offline, thread.element, composer.element));
  acceptDrops(document.documentElement, (files) => composer.add(files));
  document.addEventListener("visibilitychange", () => acknowledge([]));
  addEventListener("message", (event) => {
    if (event.source !== window.parent || event.data?.trombone === undefined) return;
    isOpen = event.data.trombone === "open";
    acknowledge([]);
    if (isOpen) composer.text.focus();
  });
  if (framed) window.parent.postMessage({ trombone: "ready" }, "*");
  const page = await thread.open();
  follow(api, "/webchat/events", page.cursor, {
    signal: new AbortController().signal,
    heard: (_, news) => thread.accept(neutral(news)),
    connected: (yes) => (offline.hidden = yes),
  });
}

run().catch((error) => document.body.replaceChildren(el("p.empty", { role: "alert" }, error.message)));
