// @ts-check
/** The rail: where one can go. */

import { hrefOf } from "./address.js";
import { h, icon, set } from "./dom.js";
import { say } from "./language.js";
import { on, state } from "./store.js";

/** @param {{preferences: () => void, keys: () => void}} open */
export function rail(open) {
  const conversations = item("a", "conversations", say("nav.conversations"), { href: "#/" });
  const events = item("a", "events", say("nav.events"), { href: "#/events" });
  const preferences = item("button", "preferences", say("preferences.title"), { type: "button", onclick: open.preferences });
  const keys = item("button", "keyboard", say("keys.title"), { type: "button", onclick: open.keys }, "for-keys");
  const element = h("nav", { class: "rail", "aria-label": say("nav.label") },
    h("a", { class: "logo", href: "#/", "aria-label": "Relevo Lab" }, icon("logo")), conversations, events, h("span", { class: "room" }), keys, preferences);

  function show() {
    const isEvents = state.route.view === "events";
    set(conversations, { "aria-current": isEvents ? null : "page" });
    set(events, { "aria-current": isEvents ? "page" : null, href: hrefOf({ view: "events" }) });
  }

  on(["route"], show);
  show();
  return { element };
}

/** @param {string} tag @param {string} name @param {string} label @param {Record<string, any>} props @param {string} [kind] */
function item(tag, name, label, props, kind = "") {
  return h(tag, { class: `rail-item ${kind}`.trim(), ...props }, icon(name), h("span", { class: "name" }, label));
}
