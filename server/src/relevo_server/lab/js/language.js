// @ts-check
/** Words in the reader's language. The browser chooses, the reader may choose otherwise. */

import { kept, keep } from "./kept.js";
import { changed, state } from "./store.js";

export const LANGUAGES = ["en", "es"];

/** Load the words that are wanted now. */
export async function loadLanguage() {
  const language = wanted();
  const answer = await fetch(new URL(`../i18n/${language}.json`, import.meta.url));
  state.words = await answer.json();
  state.language = language;
  state.locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? (language === "es" ? "es-AR" : "en");
  document.documentElement.lang = language;
}

/** Tell which language was chosen: `auto`, `en` or `es`. */
export function chosenLanguage() {
  return kept("language") ?? "auto";
}

/** Choose a language. @param {string} language */
export async function chooseLanguage(language) {
  keep("language", language === "auto" ? null : language);
  await loadLanguage();
  changed("language");
}

function wanted() {
  const chosen = chosenLanguage();
  if (LANGUAGES.includes(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.split("-")[0] ?? "").find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

/** Say something; `{name}` is filled in, and `count` chooses between `.one` and `.other`.
 *  @param {string} key @param {Record<string, string|number>} [values] */
export function say(key, values = {}) {
  const plural = "count" in values ? `${key}.${new Intl.PluralRules(state.locale).select(Number(values.count))}` : key;
  const words = state.words[plural] ?? state.words[`${key}.other`] ?? state.words[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(state.locale).format(value) : value;
  });
}

/** Tell whether there are words of this key. @param {string} key */
export function sayable(key) {
  return key in state.words;
}
