// @ts-check
/** A file that is kept here, as a phone shows it: the picture, the player, or why it is not here. */

import { h, icon } from "./dom.js";
import { showing } from "./files.js";
import { say } from "./language.js";

/** @typedef {Record<string, any>} Json */

/** @type {Record<string, (kept: Json, words: string) => Node>} */
const SHOWN = {
  image: (kept, words) => showing(h("a", { class: "file", target: "_blank", rel: "noreferrer noopener" }, showing(h("img", { alt: words, loading: "lazy" }), "src", kept)), "href", kept),
  sticker: (kept, words) => showing(h("img", { class: "file sticker", alt: words, loading: "lazy" }), "src", kept),
  video: (kept, words) => showing(h("video", { class: "file", controls: true, preload: "metadata", "aria-label": words }), "src", kept),
  audio: (kept, words) => showing(h("audio", { class: "file", controls: true, preload: "metadata", "aria-label": words }), "src", kept),
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

/** The picture or the player; null for what is shown as a card. @param {Json} content @param {Json} kept */
export function player(content, kept) {
  const show = SHOWN[content.type];
  return kept.state === "stored" && show ? show(kept, content.caption || say(`content.${content.type}`)) : null;
}

/** Why a file is not here; null where it is. @param {Json} kept */
export function absence(kept) {
  if (kept.state === "stored") return null;
  const error = kept.error;
  return h("span", { class: "kind absence", "data-state": kept.state, title: error?.message }, icon(kept.state === "pending" ? "clock" : "warning", "small"), say(`file.${kept.state}`), error?.code && ` (${error.code})`);
}
