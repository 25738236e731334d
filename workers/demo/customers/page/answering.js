// The form of a customer: words and files, sent the way their channel sends.

import { el, icon } from "./dom.js";
import { tell } from "./speech.js";

export function answering(path) {
  let files = [];
  const chosen = el("ul.chosen", {});
  const problem = el("p.problem", { role: "alert" });
  const text = el("textarea", { rows: "1", "aria-label": tell("text"), placeholder: tell("text"), onkeydown: sendOnEnter });
  const picker = el("input.hidden", { type: "file", multiple: true, tabindex: "-1", "aria-hidden": "true", onchange: () => choose([...files, ...picker.files]) });
  const attach = el("button.tool", { type: "button", "aria-label": tell("attach"), title: tell("attach"), onclick: () => picker.click() }, icon("paperclip"));
  const send = el("button.send", { "aria-label": tell("send"), title: tell("send") }, icon("send"));
  const form = el("form.composer", { onsubmit: submit }, chosen, problem, el("div.line", {}, attach, text, send), picker);

  function choose(next) {
    files = next;
    picker.value = "";
    chosen.replaceChildren(...files.map((file) => el("li", {}, file.name, el("button.tool", { type: "button", "aria-label": tell("remove", file.name), onclick: () => choose(files.filter((one) => one !== file)) }, icon("close")))));
  }

  function sendOnEnter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  }

  async function submit(event) {
    event.preventDefault();
    if (send.disabled || (!text.value.trim() && !files.length)) return;
    const body = new FormData();
    body.append("text", text.value);
    for (const file of files) body.append("file", file, file.name);
    send.disabled = true;
    problem.textContent = "";
    try {
      const answer = await fetch(path, { method: "POST", body, headers: { "X-Customer": "1" } });
      if (!answer.ok) throw new Error((await answer.json()).sentence);
      text.value = "";
      choose([]);
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      send.disabled = false;
    }
  }
  return form;
}
