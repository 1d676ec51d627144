// @ts-check
/** One message of a conversation: the bubble as the phone shows it, and Relevo's relay line below. */

import { hrefOf } from "./address.js";
import { contentWords, kindLabel } from "./contents.js";
import { fill, h, set } from "./dom.js";
import { say } from "./language.js";
import { lineInWords, notedLine, updateNotedLine } from "./relay_line.js";
import { state } from "./store.js";
import { ticks, updateTicks } from "./ticks.js";
import { exact, hour } from "./times.js";
import { lineOf } from "./trail.js";
import { wording } from "./wording.js";

/** @typedef {Record<string, any>} Json */

/** @param {Json} message */
export function bubble(message) {
  const out = message.direction === "out";
  const line = out ? lineOf(message) : null;
  return h("li", { class: "message", "data-direction": message.direction, "data-id": message.id },
    h("div", { class: "bubble" },
      h("div", { class: "words" }),
      h("div", { class: "foot" }, h("a", {}, h("time")), out && ticks(message.status))),
    line && h("a", { class: "trace" }, notedLine(line)));
}

/** @param {any} element @param {Json} message */
export function updateBubble(element, message) {
  const words = element.querySelector(".words");
  const content = JSON.stringify(message.content);
  if (words.dataset.content !== content) {
    words.dataset.content = content;
    fill(words, ...contentNodes(message.content));
  }
  const [link, mark] = element.querySelector(".foot").children;
  const time = link.firstElementChild;
  const href = hrefOf({ view: "conversations", conversation: message.conversation_id, message: message.id });
  set(link, { href, "aria-label": `${say("message.open")}, ${hour(message.created_at)}` });
  set(time, { datetime: message.created_at, title: exact(message.created_at) });
  time.textContent = hour(message.created_at);
  set(element, { "data-chosen": state.route.message === message.id });
  const trace = element.querySelector(".trace");
  if (!trace) return;
  const line = lineOf(message, state.trails.get(message.id)?.entries.values());
  updateTicks(mark, message.status);
  updateNotedLine(trace.firstElementChild, line);
  set(trace, { href, "aria-label": `${say("message.open")}: ${lineInWords(line)}`, "data-status": message.status });
}

/** The bubble of what is being written. @param {string} text */
export function draftBubble(text) {
  return h("li", { class: "message draft", "data-direction": "out", "data-key": "draft" },
    h("div", { class: "bubble" }, h("div", { class: "words" }, wording(text)), h("div", { class: "foot" }, say("composer.draft"))));
}

/** @param {Json|undefined} content @returns {Node[]} */
function contentNodes(content) {
  if (!content) return [];
  const label = kindLabel(content);
  const words = wording(contentWords(content));
  return [...(label ? [h("span", { class: "kind" }, label)] : []), ...(label && words.length ? [h("br")] : []), ...words];
}
