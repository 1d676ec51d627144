// @ts-check
/** What inspectors are made of: the head, facts, folded JSON. */

import { copyButton } from "./copy_button.js";
import { h, icon } from "./dom.js";
import { codeBlock, jsonNodes } from "./json_view.js";
import { say } from "./language.js";

/** @param {string} title @param {() => void} close */
export function inspectorHead(title, close) {
  return h("header", { class: "head" },
    h("button", { class: "button bare icon-only up", type: "button", "aria-label": say("nav.back"), title: say("nav.back"), onclick: close }, icon("back")),
    h("div", { class: "titles" }, h("h2", { tabindex: "-1" }, title)),
    h("button", { class: "button bare icon-only shut", type: "button", "aria-label": `${say("inspector.close")} (Esc)`, title: `${say("inspector.close")} (Esc)`, onclick: close }, icon("close")));
}

/** @typedef {{name: string, value: string|undefined|null, mono?: boolean, copy?: boolean}} Fact */

/** Names and values; those without a value are left out. @param {Fact[]} facts */
export function factList(facts) {
  return h("dl", { class: "facts" }, facts.filter(({ value }) => value).flatMap(({ name, value, mono, copy }) => [
    h("dt", {}, name),
    h("dd", {}, h("span", { class: mono ? "mono" : null }, value), copy && copyButton(say("copy.this", { what: name }), () => String(value))),
  ]));
}

/** @param {string} title @param {unknown} value @param {boolean} [open] */
export function foldedJson(title, value, open = false) {
  return h("details", { class: "raw", open }, h("summary", {}, icon("down"), title), codeBlock(title, jsonNodes(value)));
}

/** A part that is drawn anew only when what it shows changed, so that what was opened stays open.
 *  @param {(shown: any) => (Node|false|null|undefined)[]} draw */
export function part(draw) {
  const element = h("section");
  let known = "";
  return {
    element,
    /** @param {any} shown */
    show(shown) {
      const now = JSON.stringify(shown);
      if (now === known) return;
      known = now;
      element.replaceChildren(...draw(shown).filter((node) => node instanceof Node));
      element.hidden = !element.firstChild;
    },
  };
}
