// The API for people, from the same document that programs read; GET requests can be tried where they stand.

import { el } from "./dom.js";
import { known } from "./session.js";

const api = await (await fetch("/openapi.json")).json();
const schemas = api.components.schemas;
const key = document.querySelector("#key");
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());

function section([tag, operations]) {
  return [el("h2", {}, tag), ...operations.map(operation)];
}

function operation({ method, path, about }) {
  const shown = el("summary", {}, el("code", {}, el("span.method", {}, method.toUpperCase()), ` ${path}`), el("small", {}, plain(about.summary)));
  const body = about.requestBody?.content["application/json"]?.schema;
  return el("details", {}, shown, parameters(about.parameters), body && [el("h3", {}, "Body"), example(body)], answers(about), method === "get" && trial(path, about));
}

function parameters(list) {
  const rows = list.map((one) => el("tr", {}, el("td", {}, el("code", {}, one.name)), el("td", {}, one.in), el("td", {}, one.description ?? "")));
  return rows.length ? [el("h3", {}, "Parameters"), el("table", {}, el("tbody", {}, rows))] : [];
}

function answers({ responses }) {
  return Object.entries(responses).filter(([status]) => status < 400).flatMap(([status, { description, content }]) => {
    const [[type, { schema }]] = Object.entries(content);
    return [el("h3", {}, `${status} ${plain(description)}`), schema ? example(schema) : el("code", {}, type)];
  });
}

const plain = (text) => text.replaceAll("`", "");

const example = (schema) => el("pre", { tabindex: "0" }, JSON.stringify(sample(schema), null, 2));

/** What a value looks like: the kinds of its fields in their places. */
function sample(schema, depth = 0) {
  if (schema.$ref) return depth > 6 ? "…" : sample(schemas[schema.$ref.split("/").pop()], depth + 1);
  if (schema.anyOf) return sample(schema.anyOf.find((one) => one.type !== "null") ?? schema.anyOf[0], depth);
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.type === "array") return [sample(schema.items ?? {}, depth + 1)];
  if (schema.type === "object" && schema.properties) {
    return Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, sample(one, depth + 1)]));
  }
  return schema.format ?? schema.type ?? "…";
}

function trial(path, about) {
  const inputs = about.parameters.filter((one) => one.in !== "header").map((one) => [one, el("input", { placeholder: one.name, "aria-label": one.name })]);
  const output = el("pre", { hidden: true, tabindex: "0", "aria-live": "polite" });
  const submit = async (event) => {
    event.preventDefault();
    const token = key.value.trim() || known()?.token;
    const answer = await fetch(address(path, inputs), { headers: token ? { Authorization: `Bearer ${token}` } : {} });
    output.hidden = false;
    output.textContent = `${answer.status}\n${await shown(answer)}`;
  };
  return el("form", { onsubmit: submit }, inputs.map(([, input]) => input), el("button.quiet", { type: "submit" }, "Try it"), output);
}

function address(path, inputs) {
  const query = new URLSearchParams();
  for (const [{ name, in: place }, { value }] of inputs) {
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (value) query.set(name, value);
  }
  return `${path}?${query}`;
}

/** JSON in lines; of a stream its first second. */
async function shown(answer) {
  if (answer.headers.get("content-type")?.startsWith("application/json")) return JSON.stringify(await answer.json(), null, 2);
  const reader = answer.body.getReader();
  setTimeout(() => reader.cancel(), 1000);
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done && text.length < 10_000; part = await reader.read()) text += decoder.decode(part.value);
  return text;
}

const byTag = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, about] of Object.entries(methods)) {
    const [tag] = about.tags;
    byTag.set(tag, [...(byTag.get(tag) ?? []), { method, path, about }]);
  }
}
document.querySelector("main").append(...[...byTag].flatMap(section));
