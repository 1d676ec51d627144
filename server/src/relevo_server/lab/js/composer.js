// @ts-check
/** Compose a message of any kind the account's provider carries, and send it. */

import { API_PATH, post } from "./api.js";
import { go } from "./address.js";
import { summary } from "./contents.js";
import { fill, h, icon, set } from "./dom.js";
import { showExchange, showNext } from "./exchange.js";
import { faultPlace, field, showFault } from "./field.js";
import { draft, keepDraft } from "./kept.js";
import { kindForm } from "./kind_form.js";
import { KINDS, contentOf, emptyFields, fieldOf } from "./kinds.js";
import { say } from "./language.js";
import { loadConversations } from "./loading.js";
import { openMenu } from "./menu.js";
import { shownPerson } from "./people.js";
import { emptyField, faultsOf, missing } from "./problems.js";
import { takeSent } from "./records.js";
import { changed, on, state } from "./store.js";
import { windowHint } from "./window.js";

const PATH = "/messages";

/** @param {{person: () => string}} given */
export function composer({ person }) {
  const to = field("to", say("composer.to"), h("input", { class: "field", type: "text", inputmode: "tel", autocomplete: "off", spellcheck: "false", placeholder: "541130946950" }));
  const text = field("text", say("composer.text"), h("textarea", { class: "field", rows: "1", "data-composer": true }), { hidden: true });
  const fields = kindForm({ typed, leave: () => choose("text") });
  const account = h("div", { class: "part" });
  const addressed = h("div", { class: "addressed" }, to.element, account);
  const quoted = h("div", { class: "quoting", hidden: true });
  const closed = windowHint({ useTemplate: () => choose("template") });
  const whole = faultPlace("form-fault");
  const button = h("button", { class: "button first", type: "submit" }, icon("send", "small"), h("span", { class: "name" }, say("composer.send")));
  const more = h("button", { class: "button bare icon-only more", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": say("kind.choose"), title: say("kind.choose"), onclick: offerKinds }, icon("new"));
  const pair = h("div", { class: "pair" }, text.element, more, button);
  const form = h("form", { novalidate: true, "aria-label": say("composer.label"), onsubmit: send }, closed.element, addressed, quoted, fields.element, pair, whole);
  const element = h("div", { class: "composer" }, form);
  let place = "";
  let kind = "text";
  let busy = false;
  /** Whether it was to be sent before the accounts were known. */
  let early = false;

  for (const { control } of [to, text]) control.addEventListener("input", typed);
  text.control.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  function typed() {
    keepDraft(place, { to: isNew() ? to.control.value : "", kind: kind === "text" ? "" : kind, quote: state.quote ?? "", ...values() });
    complain({});
    tell();
  }

  function tell() {
    showNext(isBegun() ? request() : null, request());
    closed.show(isNew() ? undefined : state.conversations.rows.get(place), kind);
  }

  function isNew() { return state.route.view === "new"; }
  function isBegun() { return Object.values(values()).some((one) => one.trim()) || (isNew() && to.control.value !== ""); }
  function values() { return { ...fields.values(), text: KINDS[kind]?.words ? text.control.value : "" }; }
  function request() {
    const said = kind === "text" ? { text: text.control.value } : { content: contentOf(kind, values()) };
    const quote = state.messages.get(state.quote ?? "")?.provider_message_id;
    const body = { account: state.accounts.account?.name, to: isNew() ? to.control.value.trim() : person(), ...said, ...(quote ? { reply_to: quote } : {}) };
    return { method: "POST", path: API_PATH + PATH, body };
  }

  function offered() { return Object.keys(KINDS).filter((one) => state.capabilities.has(one)); }
  function offerKinds() {
    openMenu(more, say("kind.choose"), [{ choices: offered().map((one) => ({ label: say(`kind.${one}`), icon: one, checked: one === kind, act: () => choose(one) })) }]);
  }
  /** @param {string} chosen */
  function choose(chosen) {
    kind = chosen;
    fields.show(kind, draft(place));
    showWords();
    typed();
    focus();
  }
  function showWords() {
    const { words = "body" } = KINDS[kind] ?? {};
    text.element.hidden = words === null;
    const hint = words === "caption" ? say("kind.caption") : isNew() ? say("composer.text") : say("composer.to_person", { person: shownPerson(person()) });
    set(text.control, { placeholder: hint });
    text.element.firstElementChild.textContent = say(words === "caption" ? "kind.caption" : "composer.text");
  }

  function show() {
    const here = isNew() ? "new" : (state.route.conversation ?? "new");
    addressed.hidden = !isNew();
    more.hidden = offered().length < 2;
    set(pair, { "data-more": offered().length > 1 });
    fill(account, h("span", { class: "label" }, say("account.label")), h("span", { class: "hint mono" }, `${state.accounts.account?.name ?? ""} · ${state.provider}`));
    if (here !== place) take(here);
    showWords();
    showQuote();
    tell();
    if (early && state.accounts.account) form.requestSubmit();
  }

  /** Take up the draft of a place. @param {string} here */
  function take(here) {
    place = here;
    early = false;
    const kept = draft(place);
    kind = kept.kind && kept.kind in KINDS ? kept.kind : "text";
    state.quote = kept.quote ?? null;
    to.control.value = kept.to ?? "";
    text.control.value = kept.text ?? "";
    fields.show(kind, kept);
    complain({});
  }

  function showQuote() {
    const message = state.messages.get(state.quote ?? "");
    quoted.hidden = !message;
    if (message) {
      fill(quoted, icon("quote", "small"), h("span", { class: "words" }, h("span", { class: "unseen" }, `${say("thread.quoted")}: `), summary(message.content)),
        h("button", { class: "button bare icon-only", type: "button", "aria-label": say("quote.leave"), title: say("quote.leave"), onclick: () => { state.quote = null; changed("quote"); } }, icon("close", "small")));
    }
  }
  function takeQuote() {
    showQuote();
    typed();
    if (state.quote) focus();
  }

  /** @param {import("./problems.js").Faults} faults */
  function complain(faults) {
    to.complain(faults.to);
    text.complain(faults.text);
    const first = fields.complain(faults);
    showFault(whole, faults.form);
    (faults.to && isNew() ? to : first ?? (faults.text ? text : null))?.control.focus();
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    if (busy) return;
    const asked = request();
    /** @type {import("./problems.js").Faults} */
    const empty = {};
    if (!asked.body.to) empty.to = missing("to");
    for (const name of emptyFields(kind, values())) empty[name] = name === "text" ? missing("text") : emptyField();
    if (Object.keys(empty).length) return complain(empty);
    // Without a name the server would choose the account.
    early = !state.accounts.account;
    if (early) return;
    busy = true;
    button.setAttribute("aria-disabled", "true");
    const answer = await post(PATH, asked.body);
    busy = false;
    button.removeAttribute("aria-disabled");
    showExchange({ request: asked, answer });
    const known = [...(isNew() ? ["to"] : []), ...(KINDS[kind]?.words ? ["text"] : []), ...Object.keys(fields.values())];
    if (!answer.ok) return complain(faultsOf(answer, known, (told) => fieldOf(kind, told)));
    sent(answer.json, place);
  }

  /** @param {Record<string, any>} row @param {string} from */
  function sent(row, from) {
    keepDraft(from, {});
    if (takeSent(row)) loadConversations();
    if (from === place) take(from);
    if (isNew()) go({ view: "conversations", conversation: row.conversation_id });
    show();
    text.control.focus();
  }

  function focus() {
    const next = isNew() && !to.control.value ? to : fields.first() ?? text;
    (next.control.checkVisibility() ? next.control : button).focus();
  }

  on(["route", "accounts", "conversations", "messages"], show);
  on(["quote"], takeQuote);
  show();
  return {
    element,
    focus,
    /** @param {{to: string, text: string}} example */
    offer(example) {
      if (kind !== "text") choose("text");
      to.control.value = example.to;
      text.control.value = example.text;
      typed();
      text.control.focus();
    },
  };
}
