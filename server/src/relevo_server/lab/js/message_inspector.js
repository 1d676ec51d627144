// @ts-check
/** One message: where it is, why, what happens next, and everything that was told about it. */

import { goUp } from "./address.js";
import { summary } from "./contents.js";
import { h } from "./dom.js";
import { adviceOf } from "./error_words.js";
import { factList, foldedJson, inspectorHead, part } from "./inspector_parts.js";
import { say } from "./language.js";
import { loadDetail } from "./loading.js";
import { shownPerson } from "./people.js";
import { longLine } from "./relay_line.js";
import { on, state } from "./store.js";
import { glyph } from "./ticks.js";
import { clock, exact, offset } from "./times.js";
import { inOrder, lineOf } from "./trail.js";

/** @typedef {Record<string, any>} Json */

export function messageInspector() {
  const verdict = part(drawVerdict);
  const trouble = part(drawTrouble);
  const warnings = part(drawWarnings);
  const steps = part(drawSteps);
  const facts = part(drawFacts);
  const attempts = part(drawAttempts);
  const raw = part(drawRaw);
  const missing = h("p", { class: "empty", hidden: true }, say("inspector.no_message"));
  const body = h("div", { class: "inspected", tabindex: "-1" }, [verdict, trouble, warnings, steps, facts, attempts, raw].map((one) => one.element));
  const element = h("section", { class: "pane", "aria-label": say("inspector.message") }, inspectorHead(say("inspector.message"), goUp), body, missing);
  let asked = "";

  function show() {
    const id = state.route.message;
    if (!id || state.route.view !== "conversations") return;
    const message = state.messages.get(id);
    if (!message?.detailed) ask(id, message);
    body.hidden = !message;
    if (!message) return;
    missing.hidden = true;
    const line = message.direction === "out" ? lineOf(message, state.trails.get(id)?.entries.values()) : null;
    const { language } = state;
    verdict.show({ status: message.status, direction: message.direction, line, language, decided: isDecided(message), paused: isPaused(message) });
    trouble.show({ error: message.error, status: message.status });
    warnings.show({ warnings: message.warnings ?? [] });
    steps.show({ entries: line ? inOrder(state.trails.get(id)?.entries.values() ?? []) : [], began: line?.stops[0]?.at });
    facts.show({ message: { ...message, attempts: undefined, statuses: undefined, raw: undefined } });
    attempts.show({ attempts: message.attempts ?? [] });
    raw.show({ raw: message.raw, statuses: message.statuses });
  }

  /** Ask once for every state the message is seen in. @param {string} id @param {Json|undefined} message */
  async function ask(id, message) {
    const state_ = `${id} ${message?.status} ${message?.updated_at}`;
    if (asked === state_) return;
    asked = state_;
    const answer = await loadDetail(id);
    if (state.route.message === id) missing.hidden = answer.status !== 404;
  }

  on(["messages", "trails", "route", "accounts"], show);
  show();
  return { element };
}

/** Only a person's word says that it was sent. @param {Json} message */
function isDecided(message) {
  return message.status === "accepted" && !message.provider_message_id && message.attempts?.at(-1)?.settled?.why === "person";
}

/** It waits for its account. @param {Json} message */
function isPaused(message) {
  return message.status === "queued" && state.accounts.accounts.some(({ name, state: now }) => name === message.account && now === "paused");
}

/** @param {{status: string, direction: string, line: import("./trail.js").Line|null, decided: boolean, paused: boolean}} shown */
function drawVerdict({ status, direction, line, decided, paused }) {
  const key = direction === "in" ? "inbound" : paused ? "paused" : line?.again ? "again" : decided ? "decided" : status;
  return [
    h("div", { class: "verdict" },
      h("p", { class: "state" }, glyph(direction === "in" ? "inbound" : status), direction === "in" ? say("event.inbound") : say(`status.${status}`)),
      h("p", { class: "why" }, say(`why.${key}`, { attempt: line?.attempt ?? 1, next: (line?.attempt ?? 0) + 1 }))),
    line && longLine(line),
  ];
}

/** @param {{error: Json|undefined, status: string}} shown */
function drawTrouble({ error, status }) {
  if (!error) return [];
  const codes = [error.code, error.provider_code, error.http_status && `HTTP ${error.http_status}`].filter(Boolean).join(" · ");
  const advice = adviceOf(error, status);
  const kind = status === "unknown" ? "unknown" : status === "failed" || status === "expired" ? "failed" : "passing";
  return [h("div", { class: "trouble", "data-status": kind },
    h("p", { class: "code" }, codes),
    h("p", { lang: "en" }, error.message),
    advice && h("p", { class: "todo" }, advice))];
}

/** @param {{warnings: Json[]}} shown */
function drawWarnings({ warnings }) {
  return warnings.map(({ code, message, advice }) => h("div", { class: "trouble", "data-status": "passing" },
    h("p", { class: "code" }, code), h("p", { lang: "en" }, message), advice && h("p", { class: "todo", lang: "en" }, advice)));
}

/** @param {{entries: import("./trail.js").Entry[], began: number|undefined}} shown */
function drawSteps({ entries, began }) {
  if (!entries.length) return [];
  return [h("h3", {}, say("inspector.steps")), h("ol", { class: "steps" }, entries.map(({ status, at, attempt, error }, place) =>
    h("li", {}, glyph(status),
      h("span", {}, status === "queued" && attempt !== undefined ? say("event.again") : say(`status.${status}`), (attempt ?? 0) > 1 && ` · ${say("relay.attempt", { attempt: attempt ?? 1 })}`, error && place < entries.length - 1 && ` · ${error.code}`),
      h("time", { class: "clock", datetime: new Date(at).toISOString(), title: exact(at) }, clock(at)),
      h("span", { class: "offset" }, began === undefined ? "" : offset(at - began)))))];
}

/** @param {{message: Json}} shown */
function drawFacts({ message }) {
  return [h("h3", {}, say("inspector.facts")), factList([
    { name: say("fact.text"), value: summary(message.content) },
    { name: say("fact.to"), value: shownPerson(message.to), mono: true },
    { name: say("fact.from"), value: shownPerson(message.sender), mono: true },
    { name: say("fact.id"), value: message.id, mono: true, copy: true },
    { name: say("fact.provider_id"), value: message.provider_message_id, mono: true, copy: true },
    { name: say("fact.account"), value: `${message.account} · ${message.provider}`, mono: true },
    { name: say("fact.created"), value: exact(message.created_at) },
    { name: say("fact.expires"), value: message.expires_at && !["read", "delivered", "failed", "played"].includes(message.status) ? exact(message.expires_at) : "" },
    { name: say("fact.reply_to"), value: message.reply_to, mono: true, copy: true },
  ])];
}

/** @param {{attempts: Json[]}} shown */
function drawAttempts({ attempts }) {
  if (!attempts.length) return [];
  return [h("h3", {}, say("inspector.attempts")), h("ol", { class: "steps" }, attempts.map(({ number, status, started_at, finished_at, phase }) =>
    h("li", {}, glyph(status),
      h("span", {}, say("relay.attempt", { attempt: number }), phase && ` · ${say(`phase.${phase}`)}`),
      h("time", { class: "clock", datetime: started_at, title: exact(started_at) }, clock(started_at)),
      h("span", { class: "offset" }, finished_at ? offset(Date.parse(finished_at) - Date.parse(started_at)).replace("+", "") : "")))) ];
}

/** @param {{raw: unknown, statuses: Json[]|undefined}} shown */
function drawRaw({ raw, statuses }) {
  return [
    raw !== undefined && raw !== null && foldedJson(say("inspector.raw"), raw),
    statuses?.length ? foldedJson(say("inspector.statuses"), statuses) : null,
  ];
}
