// @ts-check
/** Take in what the API and the stream tell, and keep one picture of it. */

import { changed, state } from "./store.js";
import { entriesOfDetail, entryOfEvent } from "./trail.js";

/** @typedef {Record<string, any>} Json */

const MOST_EVENTS = 10_000;
const MESSAGE_TYPES = new Set(["messaging.outbound", "messaging.status", "messaging.inbound"]);

/** Take a row of `GET /messages`, unless what the stream told is newer. @param {Json} row */
export function takeMessage(row) {
  const there = state.messages.get(row.id);
  const older = there && Date.parse(there.updated_at) > Date.parse(row.updated_at);
  state.messages.set(row.id, older ? { ...row, ...there } : { ...there, ...row });
  changed("messages", row.id);
}

/** Take `GET /messages/{id}`. @param {Json} detail */
export function takeDetail(detail) {
  takeMessage({ ...detail, detailed: true });
  const trail = trailOf(detail.id);
  for (const entry of entriesOfDetail(detail)) if (!trail.entries.has(entry.key)) trail.entries.set(entry.key, entry);
  trail.whole = true;
  changed("trails", detail.id);
}

/** Take a page of `GET /conversations`. @param {{items: Json[], next?: string}} page @param {{more: boolean}} how */
export function takeConversations(page, { more }) {
  const { rows } = state.conversations;
  for (const row of page.items) rows.set(row.id, row);
  if (more || !state.conversations.known) state.conversations.next = page.next ?? null;
  state.conversations.known = true;
  changed("conversations");
}

/** Take a page of a conversation's messages, newest first as it comes.
 *  @param {string} conversation @param {{items: Json[], next?: string}} page */
export function takeThread(conversation, page) {
  const thread = state.threads.get(conversation) ?? { ids: [], next: null, known: false };
  for (const row of page.items) takeMessage(row);
  const ids = page.items.map((row) => row.id).reverse();
  state.threads.set(conversation, { ids: joined(thread.ids, ids), next: page.next ?? null, known: true });
  changed("messages", conversation);
}

/** Put a page among what is known: in its own order, before what came while it was asked for.
 *  @param {string[]} known @param {string[]} page both oldest first */
function joined(known, page) {
  const inPage = new Set(page);
  const from = Math.max(0, known.findIndex((id) => inPage.has(id)));
  const others = (/** @type {string} */ id) => !inPage.has(id);
  return [...known.slice(0, from).filter(others), ...page, ...known.slice(from).filter(others)];
}

/** Take the answer to a send: the message stands in its conversation before the stream tells of it.
 *  @param {Json} row @returns {boolean} whether its conversation is new here */
export function takeSent(row) {
  takeMessage(row);
  return !joinConversation(row.conversation_id, { ...row, message_id: row.id }, row.created_at);
}

/** Take an event: into the timeline, its message's trail and the message; one of the past makes nothing new.
 *  @param {Json} event @param {{past?: boolean}} [when] @returns {boolean} whether its conversation is new here */
export function takeEvent(event, { past = false } = {}) {
  state.events.push(event);
  if (state.events.length > MOST_EVENTS) {
    state.dropped += state.events.length - MOST_EVENTS;
    state.events.splice(0, state.events.length - MOST_EVENTS);
  }
  changed("events", event.id);
  const id = event.data.message_id;
  if (!id || !MESSAGE_TYPES.has(event.type)) return false;
  const entry = entryOfEvent(event);
  if (entry) {
    const trail = trailOf(id);
    if (!trail.entries.has(entry.key)) trail.entries.set(entry.key, entry);
    trail.whole ||= entry.key === "queued";
    changed("trails", id);
  }
  if (past && !state.messages.has(id)) return false;
  return moveMessage(event) && !past;
}

/** Move a message on; older news than what is known moves nothing. @param {Json} event */
function moveMessage({ data, time, type }) {
  const there = state.messages.get(data.message_id);
  if (there && Date.parse(there.updated_at) > Date.parse(time)) return false;
  const status = data.message_status ?? data.status ?? there?.status;
  const { message_id: id, conversation_id: conversation } = data;
  state.messages.set(id, {
    created_at: time, ...there, id, status, updated_at: time,
    ...some(data, ["account", "provider", "direction", "conversation_id", "content", "provider_message_id", "reply_to", "sender_name", "live", "from_us", "forwarded", "warnings", "media"]),
    ...person(data),
    attempt_count: Math.max(there?.attempt_count ?? 0, data.attempt ?? 0),
    // An error is over once the message moved on.
    error: data.error ?? (["failed", "unknown", "queued"].includes(status) ? there?.error : undefined),
    detailed: false,
  });
  changed("messages", id);
  return isFirst(type, data) && !joinConversation(conversation, data, time);
}

/** Tell whether an event is the first of its message. @param {string} type @param {Json} data */
function isFirst(type, { status, attempt }) {
  return type === "messaging.inbound" || (type === "messaging.outbound" && attempt === undefined && ["queued", "scheduled"].includes(status));
}

/** Put a message at the end of its conversation, once. @param {string} id @param {Json} data @param {string} time
 *  @returns {boolean} whether the conversation is known here */
function joinConversation(id, data, time) {
  const thread = state.threads.get(id);
  if (thread && !thread.ids.includes(data.message_id)) thread.ids.push(data.message_id);
  const row = state.conversations.rows.get(id);
  const inbound = data.direction === "in";
  if (inbound && state.route.conversation !== id) state.conversations.news.add(id);
  if (!row) return false;
  if (Date.parse(row.updated_at) <= Date.parse(time)) {
    state.conversations.rows.set(id, {
      ...row, last_message_id: data.message_id, updated_at: time,
      ...(inbound ? { last_inbound_at: time } : {}), ...(data.sender_name ? { person_name: data.sender_name } : {}),
    });
    changed("conversations", id);
  }
  // Who writes opens their window; the list tells until when.
  return !(inbound && row.window);
}

/** @param {Json} data */
function person(data) {
  const name = data.direction === "in" ? "sender" : "to";
  const value = data[name];
  if (value === undefined) return {};
  const scheme = data[`${name}_scheme`] ?? "tel";
  return { [name]: scheme === "tel" ? value : `${scheme}:${value}` };
}

/** @param {Json} data @param {string[]} names */
function some(data, names) {
  return Object.fromEntries(names.filter((name) => data[name] !== undefined && data[name] !== null).map((name) => [name, data[name]]));
}

/** The trail of a message, made where there is none. @param {string} id */
export function trailOf(id) {
  const there = state.trails.get(id) ?? { entries: new Map(), whole: false };
  state.trails.set(id, there);
  return there;
}

/** Forget all that was told: the log was begun anew. */
export function forgetRecords() {
  state.conversations.rows.clear();
  state.conversations.known = false;
  for (const some of [state.conversations.news, state.conversations.wanted, state.conversations.unknown]) some.clear();
  state.messages.clear();
  state.threads.clear();
  state.trails.clear();
  state.events.length = 0;
  for (const part of /** @type {const} */ (["conversations", "messages", "trails", "events"])) changed(part);
}
