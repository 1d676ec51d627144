// @ts-check
/** Where the bytes of a kept file are; a server with keys gives them to requests that show one only. */

import { API } from "./api.js";
import { apiKey, authorization } from "./api_key.js";

/** @typedef {Record<string, any>} Json */

/** A browser's own addresses of files that were fetched, by the file's id. @type {Map<string, Promise<string|null>>} */
const fetched = new Map();

/** Where a file is. @param {Json} kept @returns {string|null} null: it is not here */
export function fileAddress(kept) {
  return kept.state === "stored" ? `${API}/media/${encodeURIComponent(kept.id)}` : null;
}

/** Let an element show a file. @param {HTMLElement} element @param {"src"|"href"} attribute @param {Json} kept @returns {HTMLElement} */
export function showing(element, attribute, kept) {
  const address = fileAddress(kept);
  if (!address) return element;
  if (!apiKey()) element.setAttribute(attribute, address);
  else bytesOf(kept.id, address).then((own) => own && element.setAttribute(attribute, own));
  return element;
}

/** @param {string} id @param {string} address */
function bytesOf(id, address) {
  const there = fetched.get(id) ?? fetchBytes(id, address);
  fetched.set(id, there);
  return there;
}

/** @param {string} id @param {string} address @returns {Promise<string|null>} */
async function fetchBytes(id, address) {
  try {
    const answer = await fetch(address, { headers: authorization() });
    if (answer.ok) return URL.createObjectURL(await answer.blob());
  } catch {
    // As an answer that is none: it is asked for again when it is shown again.
  }
  fetched.delete(id);
  return null;
}
