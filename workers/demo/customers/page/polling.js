// Asks again and again, as long as the page is open; what is the same as before is told to nobody.

const EVERY_MILLISECONDS = 700;

export async function poll(path, heard) {
  let last;
  for (;;) {
    try {
      const answer = await fetch(path, { cache: "no-store" });
      const text = await answer.text();
      if (answer.ok && text !== last) heard(JSON.parse(text));
      if (answer.ok) last = text;
    } catch {
      // The demo may have ended; it may also come back.
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MILLISECONDS));
  }
}
