// @ts-check
/** What an event says in one line. */

import { summary } from "./contents.js";
import { say, sayable } from "./language.js";
import { shownPerson } from "./people.js";
import { state } from "./store.js";
import { duration, offset } from "./times.js";

/** @typedef {Record<string, any>} Json */

export const KINDS = ["outbound", "status", "inbound", "other"];

/** @param {Json} event */
export function kindOf(event) {
  const kind = event.type.replace("messaging.", "");
  return KINDS.includes(kind) ? kind : "other";
}

/** The glyph, the word that matters, and the rest. @param {Json} event */
export function eventWords({ type, data }) {
  const person = shownPerson(data.to ?? data.sender);
  if (type === "messaging.inbound") return { glyph: "inbound", title: say("event.inbound"), rest: [person, summary(data.content)] };
  if (type === "messaging.status" && data.media) return { glyph: data.media.state === "stored" ? "inbound" : "failed", title: say(`event.file_${data.media.state}`), rest: [data.media.error?.code ?? "", person] };
  if (type === "messaging.outbound" || type === "messaging.status") {
    const status = data.status ?? "";
    const again = status === "queued" && data.attempt !== undefined;
    const trouble = data.error ? [data.error.code, data.error.provider_code].filter(Boolean).join(" ") : "";
    return {
      glyph: status || "other",
      title: status ? say(again ? "event.again" : `status.${status}`) : say("event.other_word"),
      rest: [trouble, data.settled ? say("event.settled") : "", status === "sending" && data.attempt > 1 ? say("relay.attempt", { attempt: data.attempt }) : "", person, status === "queued" && !again ? summary(data.content) : ""],
    };
  }
  if (type === "lab.cut") return { glyph: "other", title: say("event.cut", { away: duration(data.away_ms) }), rest: [data.count !== null && say("event.came_back", { count: data.count })] };
  const given_up = type === "messaging.webhook" && data.state === "discarded";
  const key = given_up ? "event.discarded" : `event.${type.replace("messaging.", "")}`;
  return { glyph: "other", title: sayable(key) ? say(key) : type, rest: [data.kind ?? data.code ?? data.reason ?? ""] };
}

/** @param {Json} data */
export function cutWords(data) {
  const away = duration(data.away_ms);
  if (data.anew) return say("connection.back_anew", { away });
  return data.count === null ? say("connection.back", { away }) : say("connection.back_with", { away, count: data.count });
}

/** How long after its message was accepted here. @param {Json} event */
export function offsetOf(event) {
  const began = state.trails.get(event.data.message_id)?.entries.get("queued")?.at ?? Date.parse(state.messages.get(event.data.message_id)?.created_at);
  const ms = Date.parse(event.time) - began;
  return event.data.direction === "out" && ms > 0 ? offset(ms) : "";
}

/** Tell whether an event is wanted. @param {Json} event @param {{type: string, find: string}} wanted */
export function matches(event, { type, find }) {
  if (type && kindOf(event) !== type) return false;
  const words = find.trim().toLocaleLowerCase();
  if (!words) return true;
  const { title, rest } = eventWords(event);
  const { message_id, provider_message_id } = event.data;
  return [title, ...rest, event.type, event.data.status, message_id, provider_message_id].some((text) => text && String(text).toLocaleLowerCase().includes(words));
}
