// @ts-check
/** Times as people read them: relative in lists, exact with their zone in details. */

import { h } from "./dom.js";
import { say } from "./language.js";
import { state } from "./store.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {Intl.DateTimeFormatOptions} options */
function format(options) {
  const key = state.locale + JSON.stringify(options);
  const there = formats.get(key) ?? new Intl.DateTimeFormat(state.locale, options);
  formats.set(key, there);
  return there;
}

/** `15:58` @param {string|number} at */
export function hour(at) {
  return format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

/** `15:58:04.123` @param {string|number} at */
export function clock(at) {
  return format({ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" }).format(new Date(at));
}

/** Date and time with the zone. @param {string|number} at */
export function exact(at) {
  return format({ dateStyle: "medium", timeStyle: "long" }).format(new Date(at));
}

/** `Today`, `Yesterday`, or the date. @param {string|number} at */
export function dayName(at) {
  const days = Math.round((startOfDay(Date.now()) - startOfDay(at)) / DAY);
  if (days === 0) return say("day.today");
  if (days === 1) return say("day.yesterday");
  return format({ weekday: "long", day: "numeric", month: "long" }).format(new Date(at));
}

/** @param {string|number} at */
export function startOfDay(at) {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** `now`, `3 min ago`, `15:58`, `3 Nov`. @param {string|number} at */
export function relative(at) {
  const age = Date.now() - new Date(at).getTime();
  if (age < 45 * SECOND) return say("time.now");
  if (age < HOUR) {
    return new Intl.RelativeTimeFormat(state.locale, { style: "short" }).format(-Math.max(1, Math.round(age / MINUTE)), "minute");
  }
  if (startOfDay(at) === startOfDay(Date.now())) return hour(at);
  return format({ day: "numeric", month: "short" }).format(new Date(at));
}

/** An offset: `+412 ms`, `+1.24 s`, `+3.1 min`. @param {number} ms */
export function offset(ms) {
  const sign = ms < 0 ? "−" : "+";
  const size = Math.abs(ms);
  if (size < SECOND) return `${sign}${number(size, 0)} ms`;
  if (size < MINUTE) return `${sign}${number(size / SECOND, size < 10 * SECOND ? 2 : 1)} s`;
  if (size < HOUR) return `${sign}${number(size / MINUTE, 1)} min`;
  return `${sign}${number(size / HOUR, 1)} h`;
}

/** A length of time in words: `3 sec`, `2 min`. @param {number} ms */
export function duration(ms) {
  const [value, unit] = ms < MINUTE ? [ms / SECOND, "second"] : ms < HOUR ? [ms / MINUTE, "minute"] : [ms / HOUR, "hour"];
  return new Intl.NumberFormat(state.locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 }).format(Math.max(1, value));
}

/** @param {number} value @param {number} places */
function number(value, places) {
  return new Intl.NumberFormat(state.locale, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
}

/** A relative time that keeps itself true, exact on hover. @param {string} at */
export function relativeTime(at) {
  const element = h("time", { class: "when", datetime: at, "data-relative": true });
  setTime(element, at);
  return element;
}

/** @param {HTMLElement} element @param {string} at */
export function setTime(element, at) {
  element.setAttribute("datetime", at);
  element.title = exact(at);
  element.textContent = relative(at);
}

/** Keep relative times true. */
export function keepTimesTrue() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time[data-relative]")) {
      const at = element.getAttribute("datetime") ?? "";
      const text = relative(at);
      if (element.textContent !== text) element.textContent = text;
    }
  }, 15 * SECOND);
}
