// The gateway, as any client speaks to it: JSON with a bearer token, and errors that are sentences.

import { why } from "./reasons.js";

export class Refused extends Error {
  constructor(status, code, sentence) {
    super(sentence);
    this.status = status;
    this.code = code;
  }
}

export class Api {
  /** `session` has a token; `ended` hears that it is not accepted any more. */
  constructor(session, ended) {
    this.session = session;
    this.ended = ended;
  }

  get headers() {
    return { Authorization: `Bearer ${this.session.token}` };
  }

  async get(path) {
    return this.#answered(await fetch(path, { headers: this.headers, cache: "no-store" }));
  }

  async post(path, body, headers = {}) {
    const all = { ...this.headers, "Content-Type": "application/json", ...headers };
    return this.#answered(await fetch(path, { method: "POST", headers: all, body: JSON.stringify(body) }));
  }

  async #answered(answer) {
    if (answer.ok) return answer.json();
    const refused = await refusal(answer);
    if (answer.status === 401) this.ended();
    throw refused;
  }
}

export async function refusal(answer) {
  const { error } = await answer.json().catch(() => ({}));
  return new Refused(answer.status, error?.code ?? "unreadable", error ? why(error) : answer.statusText);
}

/** A name for something that must happen once. (`crypto.randomUUID` is missing on plain HTTP.) */
export function freshName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
