// @ts-check
/** What a content of any kind says: its kind in a word, and its words. */

import { sayable, say } from "./language.js";

/** @typedef {Record<string, any>} Json */

/** @param {any} value @returns {Json[]} */
const rows = (value) => (Array.isArray(value) ? value.filter((row) => row && typeof row === "object") : []);

/** @param {string} between @param {...any} parts */
const joined = (between, ...parts) => parts.filter((part) => part !== undefined && part !== null && part !== "").join(between);

/** The words of each kind that has any. @type {Record<string, (content: Json) => string>} */
const WORDS = {
  text: ({ body }) => body,
  template: ({ parameters }) => Object.values(parameters ?? {}).join(" · "),
  image: ({ caption }) => caption,
  video: ({ caption }) => caption,
  document: ({ filename, caption }) => joined(": ", filename, caption),
  location: ({ name, address, latitude, longitude }) => joined(", ", name, address) || joined(", ", latitude, longitude),
  contacts: ({ contacts }) => rows(contacts).map((card) => card.name).join(", "),
  reaction: ({ emoji }) => emoji,
  buttons: ({ body, buttons }) => `${body} [${rows(buttons).map((button) => button.title).join(" | ")}]`,
  list: ({ body, button }) => `${body} [${button}]`,
  link: ({ body, label, url }) => `${body} [${label}: ${url}]`,
  location_request: ({ body }) => body,
  choice: ({ id, title }) => title || id,
  edit: ({ content }) => summary(content),
};

/** Kinds that need no label: their words are what was said. */
const SPOKEN = new Set(["text", "buttons", "list", "link", "choice"]);

/** The kind in a word, or nothing where the words alone say it. @param {Json} content */
export function kindLabel(content) {
  if (SPOKEN.has(content.type)) return "";
  const key = `content.${content.type}`;
  if (content.type !== "other" && sayable(key)) return say(key, { name: content.name ?? "" });
  return content.type === "other" ? say("content.other", { kind: content.kind ?? content.type }) : nativeName(content.type);
}

/** A vendor's own kind in its own word: `meta_whatsapp.flow_reply` is a flow reply. @param {string} type */
function nativeName(type) {
  const words = type.slice(type.indexOf(".") + 1).replaceAll("_", " ");
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** The kind has words of this page's. @param {Json} content */
export function isWorded({ type }) {
  return type !== "other" && sayable(`content.${type}`);
}

/** The words; nothing where there are none. @param {Json} content @returns {string} */
export function contentWords(content) {
  const words = (WORDS[content.type] ?? (({ body }) => body))(content);
  return typeof words === "string" ? words : "";
}

/** One line that says what a content is. @param {Json|undefined} content */
export function summary(content) {
  if (!content) return "";
  const label = kindLabel(content);
  return joined(" ", label && `[${label}]`, contentWords(content));
}
