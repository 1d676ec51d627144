// @ts-check
/** The list of conversations: who, what was said last, and where that message is. */

import { filter, hrefOf } from "./address.js";
import { summary } from "./contents.js";
import { fill, h, icon, set, write } from "./dom.js";
import { say } from "./language.js";
import { loadConversations, wantDetail } from "./loading.js";
import { nameOf } from "./people.js";
import { tinyLine, updateTinyLine } from "./relay_line.js";
import { on, state } from "./store.js";
import { relativeTime, setTime } from "./times.js";
import { lineOf } from "./trail.js";
import { virtualList } from "./virtual_list.js";
import { plain } from "./wording.js";

const ROW = 64;
const NEAR_END = 4;

export function conversationList() {
  const rows = virtualList({ label: say("nav.conversations"), height: ROW, keyOf: (row) => row.id, create, update, onscroll: loadOlder });
  const account = h("span");
  const search = h("input", {
    class: "field", type: "search", "data-search": true, "aria-label": say("search.conversations"), placeholder: say("search.conversations"), autocomplete: "off",
    oninput: () => filter({ search: search.value }),
  });
  const element = h("section", { class: "pane", "aria-label": say("nav.conversations") },
    h("header", { class: "head" },
      h("div", { class: "titles" }, h("h2", {}, say("nav.conversations")), h("div", { class: "under" }, account)),
      h("a", { class: "button", href: hrefOf({ view: "new" }), title: `${say("new.title")} (n)` }, icon("new", "small"), say("new.short"))),
    h("div", { class: "search" }, icon("search"), search, h("kbd", {}, "/")),
    rows.element);

  function show() {
    if (search.value !== state.route.search) search.value = state.route.search;
    fill(account, accountChoice());
    rows.show(found(), emptyWords());
  }

  function loadOlder() {
    const { next } = state.conversations;
    const { scrollTop, clientHeight, scrollHeight } = rows.element;
    if (!next || scrollTop + clientHeight < scrollHeight - NEAR_END * ROW) return;
    state.conversations.next = null;
    loadConversations({ more: true, cursor: next });
  }

  on(["conversations", "messages", "trails", "route", "accounts"], show);
  show();
  return { element, rows };
}

function found() {
  const wanted = state.route.search.trim().toLocaleLowerCase();
  const all = [...state.conversations.rows.values()].sort((one, other) => Date.parse(other.updated_at) - Date.parse(one.updated_at));
  if (!wanted) return all;
  return all.filter((row) => [row.person_name, row.person, summary(state.messages.get(row.last_message_id)?.content)]
    .some((text) => text?.toLocaleLowerCase().includes(wanted)));
}

/** @param {Record<string, any>} row */
function create(row) {
  return h("a", { class: "conversation", href: "#" },
    h("span", { class: "who" }), " ", relativeTime(row.updated_at), " ", h("span", { class: "words" }), " ", h("span", { class: "mark" }));
}

/** @param {HTMLElement} element @param {Record<string, any>} row */
function update(element, row) {
  const [who, when, words, mark] = /** @type {[HTMLElement, HTMLElement, HTMLElement, HTMLElement]} */ ([...element.children]);
  const last = state.messages.get(row.last_message_id);
  if (!last) wantDetail(row.last_message_id);
  const chosen = state.route.conversation === row.id;
  set(element, { href: hrefOf({ view: "conversations", conversation: row.id, message: undefined }), "aria-current": chosen ? "true" : null, "data-news": state.conversations.news.has(row.id) });
  write(who, nameOf(row));
  if (when.getAttribute("datetime") !== row.updated_at) setTime(when, row.updated_at);
  write(words, plain(summary(last?.content)));
  updateMark(mark, last);
}

/** @param {HTMLElement} mark @param {Record<string, any>|undefined} last */
function updateMark(mark, last) {
  const kind = last ? last.direction : "";
  if (mark.dataset.kind !== kind) {
    mark.dataset.kind = kind;
    fill(mark, kind === "in" && inboundMark(), last && kind === "out" && tinyLine(lineOf(last)));
  }
  if (kind === "out" && last) {
    updateTinyLine(/** @type {HTMLElement} */ (mark.firstElementChild), lineOf(last, state.trails.get(last.id)?.entries.values()));
  }
}

function inboundMark() {
  const mark = icon("inbound", "small");
  return h("span", { role: "img", "aria-label": say("list.they_wrote"), title: say("list.they_wrote") }, mark);
}

function accountChoice() {
  const { account, accounts } = state.accounts;
  if (accounts.length < 2) return [h("span", { class: "mono" }, state.provider), account && ` · ${account.name}`];
  const choose = (/** @type {Event} */ event) => {
    const place = new URL(location.href);
    place.searchParams.set("account", /** @type {HTMLSelectElement} */ (event.target).value);
    place.hash = "";
    location.assign(place);
  };
  return [h("select", { class: "account-choice", "aria-label": say("account.label"), onchange: choose },
    accounts.map((row) => h("option", { selected: row === account }, row.name)))];
}

function emptyWords() {
  if (!state.conversations.known && !state.accounts.fault && state.accounts.account) return [h("p", {}, say("loading"))];
  if (state.route.search) {
    return [h("p", {}, say("search.nothing", { words: state.route.search })), h("button", { class: "button", type: "button", onclick: () => filter({ search: "" }) }, say("search.clear"))];
  }
  if (state.route.view === "new") return [h("p", {}, say("list.empty"))];
  return [h("p", {}, say("list.empty")), h("a", { class: "button", href: hrefOf({ view: "new" }) }, say("new.title"))];
}
