// @ts-check
/** A conversation with one person: messages of both directions, the newest at the bottom. */

import { h, icon, patch, set } from "./dom.js";
import { bubble, draftBubble, updateBubble } from "./bubble.js";
import { gather } from "./gathering.js";
import { say } from "./language.js";
import { loadThread, wantDetail } from "./loading.js";
import { on, state } from "./store.js";
import { dayName, startOfDay } from "./times.js";

const AT_END = 48;
const RECENT_MS = 4000;

/** @typedef {{key: string, kind: "day"|"older"|"message"|"draft", message?: Record<string, any>, belonging?: import("./gathering.js").Belonging, at?: string, content?: Record<string, any>}} Item */

/** @param {{emptyWords: () => Node[]}} given */
export function thread({ emptyWords }) {
  const list = h("ol", { class: "thread", "aria-label": say("thread.label"), "data-list": true });
  const empty = h("div", { class: "empty" });
  const scroller = h("div", { class: "thread-scroller", tabindex: "0", role: "region", "aria-label": say("thread.label") }, list, empty);
  const down = h("button", { class: "pill thread-more", type: "button", hidden: true, onclick: () => toEnd() }, icon("down"), h("span"));
  const element = h("div", { class: "thread-place" }, scroller, down);
  const seen = new IntersectionObserver(loadSeen, { root: scroller, rootMargin: "200px" });
  let shown = /** @type {string|undefined} */ (undefined);
  let follow = true;
  let missed = 0;
  let count = 0;

  scroller.addEventListener("scroll", () => {
    follow = atEnd();
    if (follow) missed = 0;
    tellMissed();
  }, { passive: true });
  new ResizeObserver(() => follow && toEnd()).observe(scroller);
  // A picture has its height only once it came.
  for (const came of ["load", "loadedmetadata"]) scroller.addEventListener(came, () => follow && toEnd(), true);

  function show() {
    const { conversation } = state.route;
    const fresh = conversation !== shown;
    const items = itemsOf(conversation, draftOf(state.exchange.next?.body));
    const height = scroller.scrollHeight;
    const first = list.querySelector(".message")?.dataset.key;
    patch(list, items, (item) => item.key, create, update);
    for (const message of list.querySelectorAll(".message[data-id]")) seen.observe(message);
    list.hidden = items.length === 0;
    empty.hidden = items.length > 0;
    if (items.length === 0) empty.replaceChildren(...emptyWords());
    const messages = items.filter((item) => item.kind === "message").length;
    const grewAbove = !fresh && first !== undefined && list.querySelector(".message")?.dataset.key !== first;
    if (fresh) { follow = true; missed = 0; }
    else if (!grewAbove && !follow && messages > count) missed += messages - count;
    shown = conversation;
    count = messages;
    if (grewAbove) scroller.scrollTop += scroller.scrollHeight - height;
    else if (follow) toEnd();
    tellMissed();
  }

  function toEnd() { scroller.scrollTop = scroller.scrollHeight; }
  function atEnd() { return scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - AT_END; }
  function tellMissed() {
    down.hidden = missed === 0;
    down.lastElementChild.textContent = say("thread.more", { count: missed });
  }

  on(["messages", "trails", "route", "conversations", "exchange", "sandbox", "accounts"], show);
  return { element };
}

/** @param {IntersectionObserverEntry[]} entries */
function loadSeen(entries) {
  for (const { isIntersecting, target } of entries) {
    const { id, direction } = /** @type {HTMLElement} */ (target).dataset;
    if (isIntersecting && id && direction === "out") wantDetail(id);
  }
}

/** What is being composed, once it says something. @param {Record<string, any>|undefined} body */
function draftOf(body) {
  const content = body?.content ?? { type: "text", body: body?.text };
  return content.type !== "text" || content.body?.trim() ? content : undefined;
}

/** @param {string|undefined} conversation @param {Record<string, any>|undefined} content @returns {Item[]} */
function itemsOf(conversation, content) {
  /** @type {Item[]} */
  const items = [];
  const place = conversation ? state.threads.get(conversation) : undefined;
  if (place?.next) items.push({ key: "older", kind: "older" });
  let day = NaN;
  const { own, belongings } = gather((place?.ids ?? []).flatMap((id) => state.messages.get(id) ?? []));
  for (const message of own) {
    const its = startOfDay(message.created_at);
    if (its !== day) items.push({ key: `day ${its}`, kind: "day", at: message.created_at });
    day = its;
    items.push({ key: message.id, kind: "message", message, belonging: belongings.get(message.id) });
  }
  if (content) items.push({ key: "draft", kind: "draft", content });
  return items;
}

/** @param {Item} item */
function create({ kind, message, content = {} }) {
  if (kind === "day") return h("li", { class: "day" });
  if (kind === "draft") return draftBubble(content);
  if (kind === "older") return h("li", { class: "older" }, h("button", { class: "button", type: "button", onclick: loadOlder }, say("thread.older")));
  const element = bubble(/** @type {any} */ (message));
  // Only what happens now comes in with a movement.
  if (Date.now() - Date.parse(message?.created_at) < RECENT_MS) element.classList.add("arrived");
  return element;
}

/** @param {HTMLElement} element @param {Item} item */
function update(element, { kind, message, belonging, at, content = {} }) {
  if (kind === "message" && message) updateBubble(element, message, belonging);
  if (kind === "day" && at) element.textContent = dayName(at);
  const drawn = JSON.stringify(content);
  if (kind === "draft" && element.dataset.content !== drawn) {
    element.replaceChildren(...draftBubble(content).childNodes);
    set(element, { "data-content": drawn });
  }
}

function loadOlder() {
  const { conversation } = state.route;
  if (conversation) loadThread(conversation, { more: true });
}
