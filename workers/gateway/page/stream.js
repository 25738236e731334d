// Server-Sent Events over fetch, since EventSource cannot send a token. It comes back by itself, with the last id.

const PATIENCE = [1000, 2000, 5000, 10_000];

/** Tells `heard(name, data)` of every event and `connected(yes)` of the line, until the signal aborts. */
export async function follow(api, path, cursor, { heard, connected, signal }) {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const headers = { ...api.headers, "Last-Event-ID": String(cursor) };
      const answer = await fetch(path, { headers, signal, cache: "no-store" });
      if (answer.status === 401) return api.ended();
      if (!answer.ok) throw new Error(answer.statusText);
      failures = 0;
      connected(true);
      for await (const event of events(answer.body)) {
        if (event.id) cursor = event.id;
        if (event.data) heard(event.event, JSON.parse(event.data));
      }
    } catch {
      if (signal.aborted) return;
      failures += 1;
      connected(false);
    }
    await pause(PATIENCE[Math.min(failures, PATIENCE.length) - 1] ?? 100, signal);
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop();
    for (const block of blocks) yield parsed(block);
  }
}

function parsed(block) {
  const event = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return event;
}

/** Ends early when the browser says that the network is back. */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    addEventListener("online", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve, { once: true });
  });
}
