// @ts-check
/** Preferences, and the list of keys. */

import { apiKey, useKey } from "./api_key.js";
import { h, icon } from "./dom.js";
import { LANGUAGES, chooseLanguage, chosenLanguage, say } from "./language.js";
import { THEMES, chooseTheme, chosenTheme } from "./theme.js";

const KEYS = [["/"], ["n"], ["j", "k"], ["Enter"], ["Esc"], ["?"]];

export function preferencesDialog() {
  return dialog("preferences", say("preferences.title"), [
    options("theme", say("preferences.theme"), THEMES, chosenTheme(), (name) => say(`theme.${name}`), chooseTheme),
    options("language", say("preferences.language"), ["auto", ...LANGUAGES], chosenLanguage(), (name) => say(`language.${name}`), chooseLanguage),
    ...(apiKey() ? [h("button", { class: "button", type: "button", onclick: leave }, say("key.forget"))] : []),
  ]);
}

/** Forget the key, and all that was shown with it. */
function leave() {
  useKey("");
  location.reload();
}

export function keysDialog() {
  return dialog("keys", say("keys.title"), [
    h("dl", { class: "keys" }, KEYS.flatMap((keys) => [
      h("dt", {}, keys.map((key) => h("kbd", {}, key))),
      h("dd", {}, say(`keys.${keys[0]}`)),
    ])),
  ]);
}

/** @param {string} id @param {string} title @param {Node[]} content @returns {HTMLDialogElement} */
export function dialog(id, title, content) {
  const element = h("dialog", { id, "aria-labelledby": `${id}-title`, onclick: (/** @type {Event} */ event) => event.target === element && element.close() },
    h("div", { class: "dialog-head" }, h("h2", { id: `${id}-title` }, title),
      h("button", { class: "button bare icon-only", type: "button", "aria-label": say("inspector.close"), onclick: () => element.close() }, icon("close"))),
    h("div", { class: "dialog-body" }, content));
  return element;
}

/** @param {string} name @param {string} legend @param {string[]} values @param {string} chosen
 *  @param {(value: string) => string} label @param {(value: string) => void} choose */
function options(name, legend, values, chosen, label, choose) {
  return h("fieldset", {}, h("legend", {}, legend), h("div", { class: "options" }, values.map((value) =>
    h("label", {}, h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => choose(value) }), h("span", { lang: LANGUAGES.includes(value) ? value : null }, label(value))))));
}
