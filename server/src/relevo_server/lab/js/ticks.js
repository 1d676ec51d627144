// @ts-check
/** Ticks as phones draw them, and the glyph of a status in lists. */

import { fill, h, icon, set } from "./dom.js";
import { say } from "./language.js";

/** @type {Record<string, string>} */
const TICK = {
  scheduled: "clock", queued: "clock", sending: "clock", accepted: "tick", sent: "tick", delivered: "ticks", read: "ticks", played: "ticks",
  failed: "cross", expired: "cross", cancelled: "cross", unknown: "ring",
};
/** @type {Record<string, string>} */
const GLYPH = { failed: "cross", expired: "cross", cancelled: "cross", unknown: "ring", inbound: "inbound" };

/** @param {string} status */
export function ticks(status) {
  const element = h("span", { class: "ticks", role: "img" });
  updateTicks(element, status);
  return element;
}

/** @param {HTMLElement} element @param {string} status */
export function updateTicks(element, status) {
  if (element.dataset.status === status) return;
  set(element, { "data-status": status, "aria-label": say(`status.${status}`), title: say(`status.${status}`) });
  fill(element, icon(TICK[status] ?? "clock", "small"));
}

/** A coloured mark, with a shape of its own where colour would not do. @param {string} status */
export function glyph(status) {
  const shape = GLYPH[status];
  return h("span", { class: "glyph", "data-status": status, "aria-hidden": "true" }, shape && icon(shape));
}
