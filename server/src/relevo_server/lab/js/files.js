// @ts-check
/** Where the bytes of a kept file are; a server with keys gives them to requests that show one only. */

import { API } from "./api.js";
import { apiKey, authorization } from "./api_key.js";

/** @typedef {Record<string, any>} Json */

const PAUSES_MS = [0, 1_000, 4_000, 15_000];
const TOO_MANY = 429;

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

/** Ask for a file; a few times, since a picture that failed once would stay broken.
 *  @param {string} id @param {string} address @returns {Promise<string|null>} */
async function fetchBytes(id, address) {
  for (const pause of PAUSES_MS) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      const answer = await fetch(address, { headers: authorization() });
      if (answer.ok) return URL.createObjectURL(await answer.blob());
      if (answer.status < 500 && answer.status !== TOO_MANY) break;
    } catch {
      // Cut off: as an answer that may be another one the next time.
    }
  }
  fetched.delete(id);
  return null;
}
