// @ts-check
/** A file that is kept here, as a phone shows it: the picture, the player, or why it is not here. */

import { API } from "./api.js";
import { h, icon } from "./dom.js";
import { say } from "./language.js";

/** @typedef {Record<string, any>} Json */

/** @type {Record<string, (url: string, words: string) => Node>} */
const SHOWN = {
  image: (url, words) => h("a", { class: "file", href: url, target: "_blank", rel: "noreferrer noopener" }, h("img", { src: url, alt: words, loading: "lazy" })),
  sticker: (url, words) => h("img", { class: "file sticker", src: url, alt: words, loading: "lazy" }),
  video: (url, words) => h("video", { class: "file", src: url, controls: true, preload: "metadata", "aria-label": words }),
  audio: (url, words) => h("audio", { class: "file", src: url, controls: true, preload: "metadata", "aria-label": words }),
};

/** The file a content names: ours by its id, a person's as the message tells. @param {Json} content @returns {Json|null} */
export function keptFile({ kept, media }) {
  if (kept) return kept;
  return media ? { id: media, state: "stored" } : null;
}

/** The content with the file that came with its message. @param {Json|undefined} content @param {Json|undefined} kept */
export function withFile(content, kept) {
  return content && kept ? { ...content, kept } : content;
}

/** Where a file's bytes are. @param {Json} kept */
export function fileAddress(kept) {
  return kept.state === "stored" ? `${API}/media/${encodeURIComponent(kept.id)}` : null;
}

/** The picture or the player; null for what is shown as a card. @param {Json} content @param {Json} kept */
export function player(content, kept) {
  const url = fileAddress(kept);
  const show = SHOWN[content.type];
  return url && show ? show(url, content.caption || say(`content.${content.type}`)) : null;
}

/** Why a file is not here; null where it is. @param {Json} kept */
export function absence(kept) {
  if (kept.state === "stored") return null;
  const error = kept.error;
  return h("span", { class: "kind absence", "data-state": kept.state, title: error?.message }, icon(kept.state === "pending" ? "clock" : "warning", "small"), say(`file.${kept.state}`), error?.code && ` (${error.code})`);
}
