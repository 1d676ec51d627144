// @ts-check
/** A content of any kind as a phone shows it. */

import { contentWords, isWorded, kindLabel } from "./contents.js";
import { h, icon } from "./dom.js";
import { showing } from "./files.js";
import { say } from "./language.js";
import { absence, keptFile, player } from "./media_nodes.js";
import { nativeNodes } from "./native_nodes.js";
import { wording } from "./wording.js";

/** @typedef {Record<string, any>} Json */
/** @typedef {(choice: Json) => void} Press what tapping a button or a row does; without it they only show */

const MAP = "https://www.openstreetmap.org/";

/** @param {any} value @returns {Json[]} */
const rows = (value) => (Array.isArray(value) ? value.filter((row) => row && typeof row === "object") : []);

/** @type {Record<string, (content: Json, press?: Press) => (Node|false|null|undefined|"")[]>} */
const DRAWN = {
  text: ({ body }) => wording(body ?? ""),
  image: file, video: file, audio: file, document: file, sticker: file,
  location: place,
  contacts: ({ contacts }) => rows(contacts).map(contactCard),
  reaction: ({ emoji }) => [kind("content.reaction"), h("span", { class: "emoji" }, emoji || say("content.reaction_taken_back"))],
  buttons: (content, press) => [...framed(content), h("div", { class: "choices" }, rows(content.buttons).map((button) => choice(button, "button", press)))],
  list: (content, press) => [...framed(content), listOf(content, press)],
  link: (content) => [...framed(content), h("div", { class: "choices" }, h("a", { class: "choice-button", href: webAddress(content.url), title: content.url, target: "_blank", rel: "noreferrer noopener" }, icon("open", "small"), content.label))],
  location_request: ({ body }) => [...wording(body ?? ""), h("div", { class: "choices" }, h("span", { class: "choice-button" }, icon("location", "small"), say("content.send_location")))],
  template: ({ name, language, parameters }) => [
    card("template", name, language),
    ...Object.entries(parameters ?? {}).map(([key, value]) => h("span", { class: "parameter" }, h("span", { class: "mono" }, Array.isArray(parameters) ? `{{${Number(key) + 1}}}` : `{{${key}}}`), ` ${value}`)),
  ],
  choice: ({ title, id, description, source }) => [h("span", { class: "chosen" }, icon(source === "list" ? "list" : "buttons", "small"), h("span", {}, title || id)), description && h("span", { class: "kind" }, description)],
};

/** @param {Json|undefined} content @param {Press} [press] @returns {Node[]} */
export function contentNodes(content, press) {
  if (!content) return [];
  const drawn = DRAWN[content.type];
  if (drawn) return drawn(content, press).filter((node) => node instanceof Node);
  const label = kindLabel(content);
  if (!isWorded(content)) return nativeNodes(content, label);
  const words = wording(contentWords(content));
  return [...(label ? [h("span", { class: "kind" }, label)] : []), ...(label && words.length ? [h("br")] : []), ...words];
}

/** @param {string} key */
function kind(key) {
  return h("span", { class: "kind" }, say(key), " ");
}

/** A file by its name; the words below it. @param {Json} content */
function file(content) {
  const { type, link, filename, caption } = content;
  const kept = keptFile(content);
  const shown = kept && player(content, kept);
  const below = caption && h("span", { class: "caption" }, wording(caption));
  if (shown) return [shown, below];
  const name = filename || link?.split(/[?#]/)[0].split("/").filter(Boolean).at(-1) || "";
  return [card(type, type === "audio" && content.voice ? say("content.voice") : say(`content.${type}`), name, kept ? null : webAddress(link), kept), kept && absence(kept), below];
}

/** @param {Json} content */
function place({ latitude, longitude, name, address, url }) {
  const spot = `${latitude}, ${longitude}`;
  const known = Number.isFinite(latitude) && Number.isFinite(longitude);
  return [
    card("location", name || say("content.location"), address || spot),
    known && h("a", { class: "link map", href: `${MAP}?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`, target: "_blank", rel: "noreferrer noopener" }, say("content.map")),
    url && h("a", { class: "link map", href: webAddress(url), target: "_blank", rel: "noreferrer noopener" }, url),
  ];
}

/** @param {Json} person */
function contactCard({ name, phones, emails, organization }) {
  const below = [organization?.company, ...rows(phones).map(({ number }) => number), ...rows(emails).map(({ email }) => email)].filter(Boolean);
  return card("contacts", name, below.join(" · "));
}

/** @param {string} drawing @param {string} title @param {string} [below] @param {string|null} [href] @param {Json|null} [kept] the file it opens */
function card(drawing, title, below = "", href = null, kept = null) {
  const inside = [icon(drawing), h("span", { class: "card-words" }, h("b", {}, title), below && h("span", {}, below))];
  if (!href && kept?.state !== "stored") return h("span", { class: "card" }, inside);
  const link = h("a", { class: "card", href, target: "_blank", rel: "noreferrer noopener" }, inside);
  return kept ? showing(link, "href", kept) : link;
}

/** What stands above and below the words of something to tap. @param {Json} content */
function framed({ header, body, footer }) {
  const above = typeof header === "string" ? [h("b", { class: "above" }, header)] : header?.type === "text" ? [h("b", { class: "above" }, header.text)] : header ? contentNodes(header) : [];
  return [...above, ...wording(body ?? ""), footer && h("span", { class: "footer" }, footer)];
}

/** @param {Json} one @param {"button"|"list"} source @param {Press} [press] */
function choice({ id, title, description }, source, press) {
  const words = [h("span", {}, title), description && h("span", { class: "kind" }, description)];
  if (!press) return h("span", { class: "choice-button" }, words);
  const chosen = { type: "choice", id, title, source, ...(description ? { description } : {}) };
  return h("button", { class: "choice-button", type: "button", title: say("customer.press"), onclick: () => press(chosen) }, words);
}

/** @param {Json} content @param {Press} [press] */
function listOf({ button, sections }, press) {
  return h("details", { class: "list-choices" }, h("summary", { class: "choice-button" }, icon("list", "small"), button),
    rows(sections).map((section) => h("div", { class: "choices" }, section.title && h("span", { class: "kind" }, section.title), rows(section.rows).map((row) => choice(row, "list", press)))));
}

/** Only what a browser opens as a page. @param {string|undefined} link */
function webAddress(link) {
  return /^https?:\/\//.test(link ?? "") ? /** @type {string} */ (link) : null;
}
