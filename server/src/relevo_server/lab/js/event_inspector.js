// @ts-check
/** One event, whole: its envelope as every reader of the stream gets it. */

import { get } from "./api.js";
import { goUp, hrefOf } from "./address.js";
import { fill, h } from "./dom.js";
import { eventWords } from "./event_words.js";
import { copyButton } from "./copy_button.js";
import { factList, inspectorHead } from "./inspector_parts.js";
import { codeBlock, jsonNodes } from "./json_view.js";
import { say } from "./language.js";
import { query } from "./loading.js";
import { on, state } from "./store.js";
import { glyph } from "./ticks.js";
import { exact } from "./times.js";

/** @typedef {Record<string, any>} Json */

export function eventInspector() {
  const body = h("div", { class: "inspected" });
  const element = h("section", { class: "pane", "aria-label": say("inspector.event") }, inspectorHead(say("inspector.event"), goUp), body);
  let shown = "";

  async function show() {
    const { view, event: id } = state.route;
    if (view !== "events" || !id || shown === id) return;
    shown = id;
    const event = state.events.find((one) => one.id === id) ?? (await load(id));
    if (shown !== id) return;
    fill(body, event ? draw(event) : h("p", { class: "empty" }, say("inspector.no_event")));
  }

  on(["route"], show);
  show();
  return { element };
}

/** @param {string} id @returns {Promise<Json|undefined>} */
async function load(id) {
  const [epoch, position] = id.split(".");
  const answer = await get(`/events?${query({ after: `${epoch}.${Math.max(0, Number(position) - 1)}`, limit: 1 })}`);
  return answer.json?.items?.find((/** @type {Json} */ event) => event.id === id);
}

/** @param {Json} event */
function draw(event) {
  const words = eventWords(event);
  const { data } = event;
  return [
    h("section", {}, h("div", { class: "verdict" },
      h("p", { class: "state" }, glyph(words.glyph), words.title),
      h("p", { class: "why" }, words.rest.filter(Boolean).join(" · ")))),
    h("section", {}, factList([
      { name: say("fact.type"), value: event.type, mono: true },
      { name: say("fact.id"), value: event.id, mono: true, copy: true },
      { name: say("fact.time"), value: exact(event.time) },
      { name: say("fact.position"), value: event.position === undefined ? "" : String(event.position), mono: true },
    ]), data.message_id && data.conversation_id && h("a", { class: "button", href: hrefOf({ view: "conversations", conversation: data.conversation_id, message: data.message_id }) }, say("inspector.open_message"))),
    event.specversion && h("section", {},
      h("div", { class: "raw-head" }, h("h3", {}, say("inspector.envelope")), copyButton(say("copy.this", { what: say("inspector.envelope") }), () => JSON.stringify(event, null, 2))),
      codeBlock(say("inspector.envelope"), jsonNodes(event))),
  ];
}
