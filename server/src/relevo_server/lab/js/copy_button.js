// @ts-check
/** A button that copies a text and says that it did. */

import { fill, h, icon } from "./dom.js";
import { say } from "./language.js";

const SAID_MS = 1600;

/** @param {string} label what is copied @param {() => string} text */
export function copyButton(label, text) {
  const said = h("span", { class: "unseen", role: "status" });
  const face = h("span", { class: "copy-face" });
  const button = h("button", { class: "button bare icon-only", type: "button", title: label, "aria-label": label, onclick: copy }, face, said);
  fill(face, icon("copy", "small"));

  async function copy() {
    let done = true;
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      done = false;
    }
    fill(face, icon(done ? "check" : "warning", "small"));
    said.textContent = say(done ? "copy.done" : "copy.refused");
    button.title = said.textContent;
    setTimeout(() => {
      fill(face, icon("copy", "small"));
      said.textContent = "";
      button.title = label;
    }, SAID_MS);
  }

  return button;
}
