// @ts-check
/** The live timeline: dense, filterable, and still while one reads further up. */

import { filter, hrefOf } from "./address.js";
import { h, icon, set, write } from "./dom.js";
import { KINDS, eventWords, matches, offsetOf } from "./event_words.js";
import { say } from "./language.js";
import { on, state } from "./store.js";
import { glyph } from "./ticks.js";
import { clock, exact } from "./times.js";
import { virtualList } from "./virtual_list.js";

const ROW = 32;

/** @typedef {Record<string, any>} Json */

/** @param {{wide: boolean}} how */
export function timeline({ wide }) {
  const rows = virtualList({ label: say("nav.events"), height: ROW, keyOf: (event) => event.id, create: row, update, onscroll: scrolled });
  const find = h("input", { class: "field", type: "search", "data-search": wide, "aria-label": say("events.find"), placeholder: say("events.find"), autocomplete: "off", oninput: () => filter({ find: find.value }) });
  const type = h("select", { class: "field", "aria-label": say("events.kind"), onchange: () => filter({ type: type.value }) },
    h("option", { value: "" }, say("events.all")), KINDS.map((kind) => h("option", { value: kind }, say(`events.${kind}`))));
  const more = h("button", { class: "pill", type: "button", hidden: true, onclick: goOn }, icon("down"), h("span"));
  const element = h("div", { class: "timeline", "data-wide": String(wide) }, h("div", { class: "filters" }, find, type), rows.element, more);
  let follow = true;
  let missed = 0;
  let seen = "";
  let dropped = state.dropped;
  let wanted = "";

  function show() {
    const { type: kind, find: words } = state.route;
    if (find.value !== words) find.value = words;
    if (type.value !== kind) type.value = kind;
    const shown = kind || words ? state.events.filter((event) => matches(event, state.route)) : state.events;
    const last = shown.at(-1)?.id ?? "";
    const refiltered = wanted !== (wanted = JSON.stringify([kind, words]));
    if (refiltered) follow = true;
    if (!follow && last !== seen) missed += shown.length - 1 - shown.findLastIndex((event) => event.id === seen);
    if (!follow && dropped !== state.dropped && !kind && !words) rows.shift(state.dropped - dropped);
    dropped = state.dropped;
    seen = last;
    rows.show([...shown], nothing());
    if (follow) { missed = 0; rows.toEnd(); }
    tellMissed();
  }

  function scrolled() {
    follow = rows.atEnd();
    if (follow) missed = 0;
    tellMissed();
  }
  function goOn() { follow = true; missed = 0; rows.toEnd(); tellMissed(); }
  function tellMissed() {
    more.hidden = missed === 0;
    more.lastElementChild.textContent = say("events.new", { count: missed });
  }

  /** @param {HTMLElement} element @param {Json} event */
  function update(element, event) {
    const { title, rest } = eventWords(event);
    const what = /** @type {HTMLElement} */ (element.querySelector(".what"));
    write(/** @type {HTMLElement} */ (what.firstElementChild), title);
    write(/** @type {HTMLElement} */ (what.lastElementChild), [" ", rest.filter(Boolean).join(" · ")].join(""));
    write(/** @type {HTMLElement} */ (element.querySelector(".offset")), offsetOf(event));
    const { view, message, event: open } = state.route;
    set(element, { href: placeOf(event), "aria-current": (view === "events" ? open === event.id : message && message === event.data.message_id) ? "true" : null });
  }

  /** @param {Json} event */
  function placeOf({ id, data }) {
    if (wide || !data.message_id || !data.conversation_id) return hrefOf({ view: "events", event: id });
    return hrefOf({ view: "conversations", conversation: data.conversation_id, message: data.message_id });
  }

  on(["events", "route", "connection"], show);
  requestAnimationFrame(show);
  return { element, rows };
}

/** @param {Json} event */
function row(event) {
  return h("a", { class: "event", href: "#" },
    h("time", { class: "clock", datetime: event.time, title: exact(event.time) }, clock(event.time)),

    " ",
    glyph(eventWords(event).glyph),
    h("span", { class: "what" }, h("b"), h("span")),
    " ",
    h("span", { class: "offset" }),
    h("span", { class: "id" }, event.data.message_id ?? ""),
    h("span", { class: "position" }, event.position === undefined ? "" : `#${event.position}`));
}

function nothing() {
  const filtered = state.route.type || state.route.find;
  if (!filtered && state.route.view === "new") return [h("p", {}, say("events.empty"))];
  if (!filtered) return [h("p", {}, say("events.empty")), h("a", { class: "button", href: hrefOf({ view: "new" }) }, say("new.title"))];
  return [h("p", {}, say("events.nothing")), h("button", { class: "button", type: "button", onclick: () => filter({ type: "", find: "" }) }, say("search.clear"))];
}
