// @ts-check
/** One message of a conversation: the bubble as the phone shows it, and Relevo's relay line below. */

import { hrefOf } from "./address.js";
import { contentNodes } from "./content_nodes.js";
import { summary } from "./contents.js";
import { answerAsCustomer, canBeCustomer } from "./customer.js";
import { fill, h, icon, set } from "./dom.js";
import { reasonOf } from "./error_words.js";
import { say, sayable } from "./language.js";
import { withFile } from "./media_nodes.js";
import { offerActions } from "./message_actions.js";
import { lineInWords, notedLine, updateNotedLine } from "./relay_line.js";
import { state } from "./store.js";
import { ticks, updateTicks } from "./ticks.js";
import { exact, hour } from "./times.js";
import { lineOf } from "./trail.js";
import { plain } from "./wording.js";

/** @typedef {Record<string, any>} Json */
/** @typedef {import("./gathering.js").Belonging} Belonging */

/** @param {Json} message */
export function bubble(message) {
  const out = message.direction === "out";
  const line = out ? lineOf(message) : null;
  const actions = h("button", { class: "button bare icon-only actions", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": say("message.actions"), title: say("message.actions"), onclick: () => offerActions(actions, message.id) }, icon("react", "small"));
  return h("li", { class: "message", "data-direction": message.direction, "data-id": message.id },
    h("div", { class: "beside" },
      h("div", { class: "bubble" },
        h("div", { class: "quote", hidden: true }),
        h("div", { class: "words" }),
        h("div", { class: "foot" }, h("span", { class: "marks" }), h("a", { class: "at" }, h("time")), out && ticks(message.status))),
      actions),
    h("div", { class: "reactions", hidden: true }),
    h("div", { class: "warnings", hidden: true }),
    h("div", { class: "said", role: "alert" }),
    line && h("a", { class: "trace" }, notedLine(line)),
    line && h("div", { class: "reason", hidden: true }));
}

/** @param {any} element @param {Json} message @param {Belonging} [belonging] */
export function updateBubble(element, message, belonging = { reactions: [] }) {
  part(element, ".words", { content: message.content, media: message.media, edit: belonging.edit?.content, revoked: Boolean(belonging.revoke), presses: canPress(message) }, () => wordsOf(message, belonging));
  part(element, ".quote", { reply_to: message.reply_to, quoted: belonging.quoted?.content }, () => quoteOf(message, belonging));
  part(element, ".reactions", belonging.reactions.map(({ emoji, message: { id, status } }) => [emoji, id, status]), () => belonging.reactions.map(reactionOf));
  part(element, ".warnings", message.warnings ?? [], () => (message.warnings ?? []).map(warningOf));
  part(element, ".marks", { edit: belonging.edit?.id, live: message.live, from_us: message.from_us, forwarded: message.forwarded }, () => marksOf(message, belonging));
  const link = element.querySelector(".foot .at");
  const time = link.firstElementChild;
  const href = hrefOf({ view: "conversations", conversation: message.conversation_id, message: message.id });
  set(link, { href, "aria-label": `${say("message.open")}, ${hour(message.created_at)}` });
  set(time, { datetime: message.created_at, title: exact(message.created_at) });
  time.textContent = hour(message.created_at);
  set(element, { "data-chosen": state.route.message === message.id, "data-revoked": Boolean(belonging.revoke) });
  element.querySelector(".actions").hidden = !message.provider_message_id;
  const trace = element.querySelector(".trace");
  if (!trace) return;
  part(element, ".reason", { error: message.error, status: message.status }, () => reasonNodes(message));
  const line = lineOf(message, state.trails.get(message.id)?.entries.values());
  updateTicks(element.querySelector(".foot .ticks"), message.status);
  updateNotedLine(trace.firstElementChild, line);
  set(trace, { href, "aria-label": `${say("message.open")}: ${lineInWords(line)}`, "data-status": message.status });
}

/** The bubble of what is being composed. @param {Json} content */
export function draftBubble(content) {
  return h("li", { class: "message draft", "data-direction": "out", "data-key": "draft" },
    h("div", { class: "bubble" }, h("div", { class: "words" }, contentNodes(content)), h("div", { class: "foot" }, say("composer.draft"))));
}

/** Draw a part anew only when what it shows changed, so that a selection survives.
 *  @param {any} element @param {string} selector @param {any} shown @param {() => (Node|false|null)[]} draw */
function part(element, selector, shown, draw) {
  const place = element.querySelector(selector);
  const now = JSON.stringify(shown);
  if (place.dataset.shown === now) return;
  place.dataset.shown = now;
  fill(place, draw());
  if (selector !== ".words" && selector !== ".marks") place.hidden = !place.firstChild;
}

/** While a sandbox is on, its customer taps here. @param {Json} message */
function canPress(message) {
  return message.direction === "out" && Boolean(message.provider_message_id) && canBeCustomer();
}

/** @param {Json} message @param {Belonging} belonging */
function wordsOf(message, { edit, revoke }) {
  if (revoke) return [h("span", { class: "kind" }, say("content.revoke"))];
  const press = canPress(message) ? (/** @type {Json} */ choice) => answerAsCustomer(message, { content: choice, reply_to: message.provider_message_id }) : undefined;
  return contentNodes(edit ? withFile(edit.content.content, edit.media) : withFile(message.content, message.media), press);
}

/** @param {Json} message @param {Belonging} belonging */
function quoteOf(message, { quoted }) {
  if (!message.reply_to || message.content?.type === "choice" && !quoted) return [];
  if (!quoted) return [h("span", { class: "kind" }, say("thread.quoted_other"))];
  const look = () => /** @type {HTMLElement|null} */ (document.querySelector(`.message[data-id="${CSS.escape(quoted.id)}"]`))?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  return [h("button", { type: "button", title: say("thread.quoted"), onclick: look }, h("span", { class: "unseen" }, `${say("thread.quoted")}: `), plain(summary(quoted.content)))];
}

/** @param {import("./gathering.js").Reaction} reaction */
function reactionOf({ emoji, message }) {
  const label = say(message.direction === "out" ? "thread.we_reacted" : "thread.they_reacted", { emoji });
  return h("a", { class: "emoji", href: hrefOf({ view: "conversations", conversation: message.conversation_id, message: message.id }), "aria-label": label, title: label }, emoji);
}

/** Why it did not get through, or not yet. @param {Json} message */
function reasonNodes({ error, status }) {
  return error && ["failed", "expired", "queued"].includes(status) ? [h("p", { lang: "en", title: error.message }, reasonOf(error))] : [];
}

/** In words of the page's own where it has some. @param {Json} warning */
function warningOf({ code, message, advice }) {
  const key = `warning.${code}`;
  const known = sayable(`${key}.reason`);
  return h("p", { title: message }, icon("warning", "small"),
    h("span", { lang: known ? null : "en" }, known ? say(`${key}.reason`) : message, " ", h("span", { class: "todo" }, known ? say(`${key}.todo`) : advice)));
}

/** @param {Json} message @param {Belonging} belonging */
function marksOf({ live, from_us: fromUs, forwarded }, { edit }) {
  return [
    forwarded && h("span", {}, say("message.forwarded")),
    fromUs && h("span", { title: say("message.from_us_why") }, say("message.from_us")),
    live === false && !fromUs && h("span", { title: say("message.history_why") }, say("message.history")),
    edit && h("a", { href: hrefOf({ view: "conversations", conversation: edit.conversation_id, message: edit.id }) }, say("content.edit")),
  ].filter(Boolean);
}
