// @ts-check
/** How long one may write freely to a person, where the provider has such a window. */

import { fill, h, icon } from "./dom.js";
import { say } from "./language.js";
import { state } from "./store.js";
import { duration, exact } from "./times.js";

/** @typedef {Record<string, any>} Json */

/** A word on the window for a head; nothing where nobody knows. @param {Json|undefined} row */
export function windowWord(row) {
  const { state: now, until } = stateOf(row);
  if (now === "open" && until) {
    return h("span", { class: "window", "data-state": "open", title: exact(until) }, say("window.open", { left: duration(Date.parse(until) - Date.now()) }));
  }
  return now === "closed" ? h("span", { class: "window", "data-state": "closed" }, say("window.closed")) : null;
}

/** Above the composer, while the window is closed: what gets through. @param {{useTemplate: () => void}} given */
export function windowHint({ useTemplate }) {
  const element = h("div", { class: "window-hint", hidden: true });
  return {
    element,
    /** @param {Json|undefined} row @param {string} kind the kind being composed */
    show(row, kind) {
      const offer = stateOf(row).state === "closed" && kind !== "template";
      if (element.hidden === !offer) return;
      element.hidden = !offer;
      fill(element, offer && [icon("clock", "small"), h("p", {}, say("window.hint")),
        state.capabilities.has("template") && h("button", { class: "button", type: "button", onclick: useTemplate }, say("window.use_template"))]);
    },
  };
}

/** An open one closes by itself. @param {Json|undefined} row @returns {{state?: string, until?: string}} */
function stateOf(row) {
  const told = row?.window ?? {};
  return told.state === "open" && told.until && Date.parse(told.until) <= Date.now() ? { state: "closed" } : told;
}
