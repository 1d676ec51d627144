// @ts-check
/** The key of a server that asks for one: kept until this tab is closed, and nowhere else. */

import { keepForVisit, keptForVisit } from "./kept.js";

const PLACE = "api_key";

/** The key to show with a request; "" where none was given. @returns {string} */
export function apiKey() {
  return keptForVisit(PLACE) ?? "";
}

/** Keep a key for this visit, or forget it. @param {string} text */
export function useKey(text) {
  keepForVisit(PLACE, text || null);
}

/** What a request shows of it. @returns {Record<string, string>} */
export function authorization() {
  const key = apiKey();
  return key ? { Authorization: `Bearer ${key}` } : {};
}
