// @ts-check
/** Light, dark, or as the system has it. */

import { keep, kept } from "./kept.js";

export const THEMES = ["auto", "light", "dark"];

/** Tell which theme was chosen. */
export function chosenTheme() {
  return kept("theme") ?? "auto";
}

/** Choose a theme. @param {string} theme */
export function chooseTheme(theme) {
  keep("theme", theme === "auto" ? null : theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
