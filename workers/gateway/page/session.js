// Who is signed in. The token lies in this browser's storage until it ends; the API key is never kept.

import { refusal } from "./api.js";
import { el } from "./dom.js";
import { say } from "./words.js";

const NAME = "trombone.session";
const RENEW_BEFORE = 30 * 60_000;

export function known() {
  const session = JSON.parse(localStorage.getItem(NAME) ?? "null");
  return session && new Date(session.expires_at) > new Date() ? session : null;
}

export function forget() {
  localStorage.removeItem(NAME);
}

/** With a one-time code from the address bar, if there is one; it leaves the address at once. */
export async function fromAddress() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!code) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return opened({}, { code });
}

/** A session that is used goes on; other windows of this browser share it. */
export async function renew(session) {
  if (new Date(session.expires_at) - Date.now() > RENEW_BEFORE) return session;
  return opened({ Authorization: `Bearer ${session.token}` }, {});
}

/** The form; `done` hears of the session. */
export function signIn(problem, done) {
  const key = el("input", { type: "password", required: true, autocomplete: "off", id: "key" });
  const name = el("input", { type: "text", autocomplete: "name", id: "name", maxlength: "80" });
  const told = el("p.problem", { role: "alert" }, problem ?? "");
  const submit = async (event) => {
    event.preventDefault();
    try {
      const asked = name.value.trim() ? { agent: name.value.trim() } : {};
      done(await opened({ Authorization: `Bearer ${key.value.trim()}` }, asked));
    } catch (error) {
      told.textContent = error.message;
    }
  };
  return el(
    "form.sign-in",
    { onsubmit: submit },
    el("h1", {}, "Trombone"),
    el("label", { for: "name" }, say("sign_in_name")),
    name,
    el("label", { for: "key" }, say("sign_in_key")),
    key,
    el("p.hint", {}, say("sign_in_hint")),
    told,
    el("button.primary", { type: "submit" }, say("sign_in")),
  );
}

async function opened(headers, asked) {
  const answer = await fetch("/v1/sessions", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(asked),
  });
  if (!answer.ok) throw await refusal(answer);
  const session = await answer.json();
  localStorage.setItem(NAME, JSON.stringify(session));
  return session;
}
