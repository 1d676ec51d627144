// @ts-check
/** A message's words as the customer's phone shows them: *bold*, _italic_, ~struck~, `code`, links. */

import { h } from "./dom.js";

const MARKS = /** @type {Record<string, string>} */ ({ "*": "b", _: "i", "~": "s" });
const PIECE = /```([\s\S]+?)```|`([^`\n]+)`|(?<![\w*_~])([*_~])(?=\S)([^\n]*?\S)\3(?![\w*_~])|(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/g;

/** @param {string} text @returns {Node[]} */
export function wording(text) {
  /** @type {Node[]} */
  const made = [];
  let done = 0;
  for (const found of text.matchAll(PIECE)) {
    const [whole, block, code, mark, inner, link] = found;
    made.push(document.createTextNode(text.slice(done, found.index)));
    if (mark) made.push(h(MARKS[mark] ?? "span", {}, wording(inner ?? "")));
    else if (link) made.push(h("a", { class: "link", href: link, target: "_blank", rel: "noreferrer noopener" }, link));
    else made.push(h("code", {}, block ?? code));
    done = found.index + whole.length;
  }
  made.push(document.createTextNode(text.slice(done)));
  return made.filter((node) => node.textContent !== "");
}

/** The words without their marks. @param {string} text */
export function plain(text) {
  return wording(text).map((node) => node.textContent).join("");
}
