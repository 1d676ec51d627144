// @ts-check
/** Put the page together and start it. */

import { followAddress, go, hrefOf, paneOf } from "./address.js";
import { band } from "./band.js";
import { conversationList } from "./conversation_list.js";
import { keysDialog, preferencesDialog } from "./dialogs.js";
import { h, icon, set } from "./dom.js";
import { eventInspector } from "./event_inspector.js";
import { loadIcons } from "./icons.js";
import { listenToKeys } from "./keyboard.js";
import { loadLanguage, say } from "./language.js";
import { loadAccounts, loadSandbox } from "./loading.js";
import { messageInspector } from "./message_inspector.js";
import { rail } from "./rail.js";
import { sandboxDialog } from "./sandbox_dialog.js";
import { forgetListeners, isStuck, on, state } from "./store.js";
import { followStream } from "./stream.js";
import { timeline } from "./timeline.js";
import { keepTimesTrue } from "./times.js";
import { work } from "./work.js";

const WIDE = matchMedia("(min-width: 760px)");

/** Draw the whole page; again when the language changes. */
function draw() {
  const { sprite } = state;
  const openDialog = document.querySelector("dialog[open]")?.id;
  forgetListeners();
  const preferences = preferencesDialog();
  const keys = keysDialog();
  const switches = sandboxDialog();
  const list = conversationList();
  const working = work();
  const wide = timeline({ wide: true });
  const beside = timeline({ wide: false });
  const message = messageInspector();
  const event = eventInspector();
  const events = eventsPane(wide.element);
  const live = livePane(beside.element);
  const hint = h("div", { class: "empty" }, h("p", {}, say("events.choose")));
  const workPane = h("div", { class: "work" }, working.element, events);
  const aside = h("aside", { class: "aside", "aria-label": say("nav.aside") }, live, message.element, event.element, hint);
  const frame = h("div", { class: "frame" }, band({ switches: () => { loadSandbox(); switches.showModal(); } }).element, rail({ preferences: () => preferences.showModal(), keys: () => keys.showModal() }).element,
    h("main", { class: "panes" }, h("div", { class: "list" }, list.element), workPane, aside));

  function show() {
    const { view, message: open, event: chosen } = state.route;
    // Without an account there is but one thing to see: why, and what to do.
    set(frame, { "data-view": view, "data-pane": isStuck() ? "work" : paneOf(state.route) });
    working.element.hidden = view === "events";
    events.hidden = view !== "events";
    live.hidden = view === "events" || Boolean(open);
    message.element.hidden = !open;
    event.element.hidden = !chosen;
    hint.hidden = view !== "events" || Boolean(chosen);
    document.title = `${say(view === "new" ? "new.title" : `nav.${view}`)} · Relevo Lab`;
    keepFocusSeen(frame);
  }

  on(["route", "accounts"], show);
  on(["language"], draw);
  on(["accounts"], begin);
  on(["conversations"], openSomething);
  show();
  document.body.replaceChildren(...(sprite ? [sprite] : []), frame, preferences, keys, switches);
  if (openDialog) /** @type {HTMLDialogElement|null} */ (document.getElementById(openDialog))?.showModal();
  state.page = { lists: [list.rows, wide.rows, beside.rows], keys, focusComposer: working.focusComposer };
}

/** @param {HTMLElement} timeline */
function eventsPane(timeline) {
  return h("section", { class: "pane", "aria-label": say("nav.events") },
    h("header", { class: "head" }, h("div", { class: "titles" }, h("h2", {}, say("nav.events")), h("div", { class: "under" }, h("span", {}, say("events.under"))))), timeline);
}

/** @param {HTMLElement} timeline */
function livePane(timeline) {
  return h("section", { class: "pane", "aria-label": say("nav.events") },
    h("header", { class: "head" }, h("div", { class: "titles" }, h("h2", {}, say("nav.events")), h("div", { class: "under" }, h("span", {}, say("events.live")))),
      h("a", { class: "button bare icon-only", href: hrefOf({ view: "events" }), "aria-label": say("events.open_all"), title: say("events.open_all") }, icon("open"))), timeline);
}

/** On a narrow page the pane that had the focus may be gone: give it to the one that came. @param {HTMLElement} frame */
function keepFocusSeen(frame) {
  const now = document.activeElement;
  if (!now || now === document.body || !frame.contains(now) || now.checkVisibility()) return;
  const titles = /** @type {HTMLElement[]} */ ([...frame.querySelectorAll("h2[tabindex]")]);
  titles.find((title) => title.checkVisibility())?.focus({ preventScroll: true });
}

/** With room for it, the page opens on the newest conversation, or on a first message. */
function openSomething() {
  const { view, conversation } = state.route;
  if (state.opened || !state.conversations.known) return;
  state.opened = true;
  if (!WIDE.matches || view !== "conversations" || conversation) return;
  const newest = [...state.conversations.rows.values()].sort((one, other) => Date.parse(other.updated_at) - Date.parse(one.updated_at))[0];
  go(newest ? { view: "conversations", conversation: newest.id } : { view: "new" }, { replace: true });
}

async function start() {
  followAddress();
  // Whether a sandbox is on has to be seen from the first moment.
  [state.sprite] = await Promise.all([loadIcons(), loadLanguage(), loadSandbox()]);
  draw();
  keepTimesTrue();
  listenToKeys({ lists: () => state.page.lists, showKeys: () => state.page.keys.showModal(), focusComposer: () => state.page.focusComposer() });
  await loadAccounts();
}

/** Once there is an account, load what it has and follow what happens. */
function begin() {
  if (!state.accounts.account || state.begun) return;
  state.begun = true;
  followStream();
}

start();
