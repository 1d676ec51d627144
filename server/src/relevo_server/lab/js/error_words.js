// @ts-check
/** Why a message did not get through: in a line, and what to do about it. Errors bring their own advice. */

import { say, sayable } from "./language.js";

/** @typedef {Record<string, any>} Json */

const PREFIX = /^Account '[^']*': /;
const BETWEEN = /(?<=[.!?])\s+(?=[A-Z])/;
/** A sentence that only says what was answered. */
const ANSWERED = /\bHTTP \d{3}\b/;
/** What is over: nothing follows by itself. */
const ENDED = new Set(["failed", "expired", "unknown", "cancelled"]);
/** What passes by itself, as long as the message is under way. */
const PASSING = new Set(["throttled", "unavailable"]);

/** The sentence that says why. @param {Json} error */
export function reasonOf(error) {
  const first = sentences(error)[0] ?? "";
  return first ? first.charAt(0).toUpperCase() + first.slice(1) : error.code;
}

/** What to do, where the error does not say it itself; "" else. @param {Json} error @param {string} status its message's */
export function adviceOf(error, status) {
  const key = `todo.${error.code}`;
  if (!sayable(key) || (PASSING.has(error.code) ? ENDED.has(status) : isAdvised(error))) return "";
  return say(key);
}

/** From the reason on: whose account it is, and what was answered, stand before it. @param {Json} error */
function sentences({ message }) {
  const all = String(message ?? "").replace(PREFIX, "").trim().split(BETWEEN);
  return all.length > 1 && ANSWERED.test(all[0] ?? "") ? all.slice(1) : all;
}

/** A second sentence, or what follows a colon, is advice. @param {Json} error */
function isAdvised(error) {
  const all = sentences(error);
  return all.length > 1 || Boolean(all[0]?.includes(": "));
}
