// @ts-check
/** The work: a conversation, or a new message. */

import { accountHint } from "./account_hint.js";
import { goUp } from "./address.js";
import { composer } from "./composer.js";
import { customerBox } from "./customer_box.js";
import { fill, h, icon } from "./dom.js";
import { exchange } from "./exchange.js";
import { asksForKey, keyForm } from "./key_form.js";
import { say } from "./language.js";
import { loadAccounts, loadThread, wantConversation } from "./loading.js";
import { nameOf, shownPerson } from "./people.js";
import { isHarmless } from "./reach.js";
import { isStuck, on, state } from "./store.js";
import { thread } from "./thread.js";
import { relative } from "./times.js";
import { windowWord } from "./window.js";

/** Nobody's number: the sandbox answers for it. */
const EXAMPLE = "541130946950";
/** How often the window's countdown is told anew. */
const WINDOW_MS = 30_000;

export function work() {
  const title = h("h2", { tabindex: "-1" });
  const under = h("div", { class: "under" });
  const messages = thread({ emptyWords });
  const writing = composer({ person });
  const customer = customerBox({ person });
  const asked = exchange();
  const waiting = accountHint();
  const trouble = h("div", { class: "empty", hidden: true });
  /** What the trouble shown is about. @type {Record<string, any>|null|undefined} */
  let told;
  const head = h("header", { class: "head" },
    h("button", { class: "button bare icon-only up", type: "button", "aria-label": say("nav.back"), title: say("nav.back"), onclick: goUp }, icon("back")),
    h("div", { class: "titles" }, title, under));
  const element = h("section", { class: "pane", "aria-label": say("nav.conversation") },
    head, trouble, messages.element, customer.element, waiting.element, writing.element, asked.element);

  function show() {
    const { account, fault } = state.accounts;
    const stuck = isStuck();
    trouble.hidden = !stuck;
    for (const one of [head, messages.element, writing.element, asked.element]) one.hidden = stuck;
    if (!stuck) fill(trouble);
    else if (fault !== told) fill(trouble, asksForKey(fault) ? keyForm() : fault ? noAnswer() : noAccount());
    told = stuck ? fault : undefined;
    showHead();
    const { conversation } = state.route;
    if (conversation) {
      state.conversations.news.delete(conversation);
      if (account && state.stream.place !== null && !state.threads.has(conversation)) loadThread(conversation);
      if (state.conversations.known && !state.conversations.rows.has(conversation)) wantConversation(conversation);
    }
  }

  function showHead() {
    const { view, conversation } = state.route;
    if (view !== "conversations" || !conversation) {
      title.textContent = say("new.title");
      fill(under, h("span", {}, say("new.under")));
      return;
    }
    const row = state.conversations.rows.get(conversation);
    title.textContent = nameOf(row) || shownPerson(person()) || say("nav.conversation");
    fill(under, row?.person_name && h("span", { class: "mono" }, shownPerson(row.person)),
      row && h("span", { class: "wrote" }, row.last_inbound_at ? say("thread.wrote", { when: relative(row.last_inbound_at) }) : say("thread.never_wrote")), windowWord(row));
  }

  function emptyWords() {
    const { conversation } = state.route;
    if (conversation) return [h("p", {}, say(state.conversations.unknown.has(conversation) ? "thread.unknown" : "loading"))];
    return [h("p", {}, say(isHarmless() ? "new.empty_sandbox" : "new.empty")),
      ...(isHarmless() ? [h("button", { class: "button", type: "button", onclick: () => writing.offer({ to: EXAMPLE, text: say("new.example_text") }) }, say("new.example"))] : [])];
  }

  on(["route", "accounts", "connection", "conversations", "messages", "sandbox"], show);
  show();
  const ticking = setInterval(() => {
    if (!element.isConnected) clearInterval(ticking);
    else showHead();
  }, WINDOW_MS);
  return { element, focusComposer: writing.focus };
}

/** The person of the conversation shown, as the API takes it. */
function person() {
  const { conversation } = state.route;
  if (!conversation) return "";
  const row = state.conversations.rows.get(conversation);
  if (row) return row.person;
  // One that was just begun is in no list yet.
  const known = [...state.messages.values()].find((message) => message.conversation_id === conversation);
  return known?.to ?? known?.sender ?? "";
}

function noAccount() {
  return [h("p", {}, say("account.none", { provider: state.provider })),
    h("pre", { class: "mono" }, `[accounts.shop]\nprovider = "${state.provider}"`),
    h("a", { class: "link", href: "/schema" }, say("account.docs"))];
}

function noAnswer() {
  return [h("p", {}, say("fault.network.reason")), h("button", { class: "button", type: "button", onclick: () => loadAccounts() }, say("connection.try"))];
}

