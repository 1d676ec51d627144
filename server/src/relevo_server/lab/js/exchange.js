// @ts-check
/** The exact request, as JSON and as curl, and the exact answer. */

import { copyButton } from "./copy_button.js";
import { curl } from "./curl.js";
import { fill, h, icon, set } from "./dom.js";
import { codeBlock, jsonNodes, jsonTextNodes } from "./json_view.js";
import { keep, keepForVisit, kept, keptForVisit } from "./kept.js";
import { say } from "./language.js";
import { changed, on, state } from "./store.js";

/** @typedef {{method: string, path: string, body: object}} Request */
/** @typedef {{request: Request, answer: import("./api.js").Answer}} Exchange */

/** Show what was just asked and answered. @param {Exchange} exchange */
export function showExchange(exchange) {
  state.exchange.last = exchange;
  keepForVisit("exchange", exchange);
  changed("exchange");
}

/** Show the request that would be sent next, or the last one; before any, an example of one.
 *  @param {Request|null} next @param {Request} example */
export function showNext(next, example) {
  state.exchange.next = next;
  state.exchange.example = example;
  changed("exchange");
}

export function exchange() {
  state.exchange.last ??= keptForVisit("exchange");
  const sum = h("div", { class: "sum" });
  const fold = h("button", { class: "fold", type: "button", "aria-controls": "exchange-sides", onclick: turn }, icon("down"), say("exchange.title"));
  const form = h("div", { class: "choice", role: "group", "aria-label": say("exchange.as") },
    ["JSON", "curl"].map((name) => h("button", { type: "button", "data-as": name, onclick: () => choose(name) }, name)));
  const path = h("span", { class: "mono path" });
  const request = codeBlock(say("exchange.request"), []);
  const answer = codeBlock(say("exchange.answer"), []);
  const heading = h("h3");
  const copyAnswer = copyButton(say("exchange.copy_answer"), answerText);
  const answered = h("span", { class: "answered" });
  const took = h("span", { class: "mono took" });
  const waiting = h("p", { class: "waiting" }, say("exchange.none"));
  const sides = h("div", { class: "sides", id: "exchange-sides" },
    h("section", { class: "side" },
      h("div", { class: "side-bar" }, h("h3", {}, say("exchange.request")), form, h("span", { class: "room" }), copyButton(say("exchange.copy_request"), requestText)),
      request),
    h("section", { class: "side" },
      h("div", { class: "side-bar" }, heading, answered, took, h("span", { class: "room" }), copyAnswer),
      waiting, answer));
  const element = h("section", { class: "exchange", "aria-label": say("exchange.title") }, h("div", { class: "bar" }, fold, sum), sides);

  function turn() {
    keep("exchange", isOpen() ? "closed" : "open");
    show();
  }
  /** @param {string} name */
  function choose(name) {
    keep("exchange.as", name === "curl" ? "curl" : null);
    show();
  }
  function requestText() { return writtenRequest(shownRequest(), kept("exchange.as") === "curl"); }
  function answerText() { return state.exchange.last?.answer.text ?? ""; }

  function show() {
    const open = isOpen();
    const asCurl = kept("exchange.as") === "curl";
    const { last, next } = state.exchange;
    set(fold, { "aria-expanded": String(open) });
    sides.hidden = !open;
    for (const button of form.children) set(button, { "aria-pressed": String((button.dataset.as === "curl") === asCurl) });
    const asked = shownRequest();
    path.textContent = asked ? `${asked.method} ${asked.path}` : "";
    fill(sum, !open && last && statusWords(last.answer), path);
    if (!open) return;
    fill(request.firstElementChild, asked ? (asCurl ? [writtenRequest(asked, true)] : jsonNodes(asked.body)) : []);
    heading.textContent = say(last && next ? "exchange.last_answer" : "exchange.answer");
    waiting.hidden = Boolean(last);
    copyAnswer.hidden = !last;
    answer.hidden = !last;
    fill(answered, last ? statusWords(last.answer).textContent : "");
    set(answered, { "data-kind": last && kindOf(last.answer) });
    took.textContent = last ? `${Math.max(1, Math.round(last.answer.ms))} ms` : "";
    if (last) fill(answer.firstElementChild, last.answer.json === null ? last.answer.text : jsonTextNodes(JSON.stringify(last.answer.json, null, 2)));
  }

  on(["exchange"], show);
  show();
  return { element };
}

function isOpen() {
  return (kept("exchange") ?? (matchMedia("(min-width: 760px) and (min-height: 700px)").matches ? "open" : "closed")) === "open";
}

/** @returns {Request|null} */
function shownRequest() {
  const { next, last, example } = state.exchange;
  return next ?? last?.request ?? example;
}

/** @param {Request|null} request @param {boolean} asCurl */
function writtenRequest(request, asCurl) {
  if (!request) return "";
  return asCurl ? curl(request, location.origin) : JSON.stringify(request.body, null, 2);
}

/** @param {import("./api.js").Answer} answer */
function statusWords(answer) {
  const words = answer.status ? `${answer.status} ${answer.statusText}` : say("exchange.no_answer");
  return h("span", { class: "answered", "data-kind": kindOf(answer) }, words);
}

/** @param {import("./api.js").Answer} answer */
function kindOf(answer) {
  return answer.ok ? "good" : "bad";
}
