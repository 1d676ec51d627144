// @ts-check
/** A content that only its vendor has words for: a card of its fields, so that nothing is hidden. */

import { h, icon } from "./dom.js";
import { codeBlock, jsonNodes } from "./json_view.js";
import { wording } from "./wording.js";

/** @typedef {Record<string, any>} Json */

/** How deep fields are shown as rows; what is deeper is folded. */
const DEEPEST = 1;

/** @param {Json} content @param {string} label what it is, in a word @returns {Node[]} */
export function nativeNodes({ type, kind, body, payload, ...fields }, label) {
  const told = payload === undefined ? { ...(kind === undefined ? {} : { kind }), ...fields } : isObject(payload) ? payload : { payload };
  const spoken = typeof body === "string" && body;
  return [
    h("span", { class: "card" }, icon("list"), h("span", { class: "card-words" }, h("b", {}, label), h("span", { class: "mono" }, type === "other" ? kind : type))),
    ...(spoken ? [h("span", { class: "caption" }, wording(body))] : []),
    fieldRows(body === undefined || spoken ? told : { body, ...told }, 0),
  ];
}

/** @param {Json} fields @param {number} depth */
function fieldRows(fields, depth) {
  const there = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "fields", hidden: there.length === 0 }, there.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, valueNode(name, value, depth))]));
}

/** @param {string} name @param {any} value @param {number} depth @returns {Node} */
function valueNode(name, value, depth) {
  if (Array.isArray(value) && value.every((one) => !isObject(one) && !Array.isArray(one))) return document.createTextNode(value.join(", "));
  if (isObject(value) && depth < DEEPEST) return fieldRows(value, depth + 1);
  if (isObject(value) || Array.isArray(value)) return h("details", { class: "raw" }, h("summary", {}, icon("down"), Array.isArray(value) ? `[${value.length}]` : `{${Object.keys(value).length}}`), codeBlock(name, jsonNodes(value)));
  return document.createTextNode(String(value));
}

/** @param {any} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
