// @ts-check
/** JSON in colours, as text nodes. */

import { h } from "./dom.js";

const PIECE = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([{}[\],]+)/g;

/** @param {unknown} value @returns {Node[]} */
export function jsonNodes(value) {
  return jsonTextNodes(JSON.stringify(value, null, 2) ?? "");
}

/** Colour a text that may be JSON; anything else stays as it is. @param {string} text @returns {Node[]} */
export function jsonTextNodes(text) {
  /** @type {Node[]} */
  const made = [];
  let done = 0;
  for (const found of text.matchAll(PIECE)) {
    const [whole, string, colon, number, word, mark] = found;
    if (found.index > done) made.push(document.createTextNode(text.slice(done, found.index)));
    if (string && colon) made.push(h("span", { class: "key" }, string), h("span", { class: "mark" }, colon));
    else made.push(h("span", { class: string ? "text" : number ? "number" : word ? "word" : "mark" }, string ?? number ?? word ?? mark));
    done = found.index + whole.length;
  }
  made.push(document.createTextNode(text.slice(done)));
  return made;
}

/** A block that can be scrolled by keyboard. @param {string} label @param {Node[]} content */
export function codeBlock(label, content) {
  return h("pre", { class: "json", tabindex: "0", role: "region", "aria-label": label }, h("code", {}, content));
}
