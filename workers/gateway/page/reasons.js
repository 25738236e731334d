// Why something did not go, in the page's language. The event's code and numbers are the source; what nobody has
// translated keeps the event's own sentence. English is what the events speak already.

import { language, size } from "./words.js";

const { codes, sentences } = language === "fr" ? await catalogue() : { codes: {}, sentences: {} };

async function catalogue() {
  const answer = await fetch(new URL("./reasons.fr.json", import.meta.url));
  return answer.ok ? answer.json() : { codes: {}, sentences: {} };
}

const UNITS = {
  bytes: size,
  millions: (amount) => Math.round(amount / 1e6),
  minutes: (seconds) => Math.round(seconds / 60),
};

/** `reason` has a code, a sentence and perhaps numbers: a refusal, a warning, or what the gateway answered. */
export function why(reason) {
  return sentences[reason.sentence] ?? filled(codes[reason.code], reason) ?? reason.sentence;
}

/** "{limit:bytes}" → "600 ko"; null where a number is missing. */
function filled(words, numbers) {
  if (!words) return null;
  const wanted = [...words.matchAll(/\{(actual|limit)(?::(\w+))?\}/g)];
  if (wanted.some(([, name]) => typeof numbers[name] !== "number")) return null;
  return wanted.reduce((text, [token, name, unit]) => text.replace(token, (UNITS[unit] ?? String)(numbers[name])), words);
}
