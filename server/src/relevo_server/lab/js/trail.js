// @ts-check
/** A message's trail: what happened to it and when, and the steps of its relay line. Pure. */

/** @typedef {{key: string, status: string, at: number, attempt?: number, error?: any}} Entry */
/** @typedef {"pending"|"passed"|"done"|"now"|"failed"|"stopped"|"doubt"} StopState */
/** @typedef {{step: string, state: StopState, at?: number, offset?: number}} Stop */
/** @typedef {{stops: Stop[], status: string, far: number, offset?: number, attempt?: number, again: boolean}} Line */

export const STEPS = ["queued", "sending", "accepted", "sent", "delivered", "read"];
const PLACE = /** @type {Record<string, number>} */ ({ scheduled: 0, queued: 0, sending: 1, accepted: 2, sent: 3, delivered: 4, read: 5, played: 5 });
/** Until here a next step is expected shortly. */
const TRAVELLING = 3;
const IN_DOUBT = 2;
const STOPPED = /** @type {Record<string, StopState>} */ ({ failed: "failed", expired: "failed", cancelled: "stopped" });

/** What an event adds to its message's trail. @param {Record<string, any>} event @returns {Entry|null} */
export function entryOfEvent(event) {
  const { status, attempt, error, moved, direction } = event.data;
  const at = Date.parse(event.time);
  if (direction !== "out" || !status) return null;
  if (event.type === "messaging.status") {
    return status === "failed" && !moved ? null : { key: status, status, at, error };
  }
  if (event.type !== "messaging.outbound") return null;
  if (event.data.settled) return { key: `settled ${status}`, status, at, error };
  return { key: keyOf(status, attempt), status, at, attempt, error };
}

/** The trail that a message's detail tells. @param {Record<string, any>} detail @returns {Entry[]} */
export function entriesOfDetail(detail) {
  /** @type {Entry[]} */
  const entries = [{ key: "queued", status: "queued", at: Date.parse(detail.created_at) }];
  for (const attempt of detail.attempts ?? []) {
    const { number, status, started_at, finished_at, error } = attempt;
    entries.push({ key: keyOf("sending", number), status: "sending", at: Date.parse(started_at), attempt: number });
    if (finished_at && status !== "sending") {
      entries.push({ key: keyOf(status, number), status, at: Date.parse(finished_at), attempt: number, error });
    }
  }
  for (const { status, heard_at, moved, error } of detail.statuses ?? []) {
    if (status && !(status === "failed" && !moved)) entries.push({ key: status, status, at: Date.parse(heard_at), error });
  }
  return entries;
}

/** @param {string} status @param {number} [attempt] */
function keyOf(status, attempt) {
  return attempt === undefined ? status : `${status} ${attempt}`;
}

/** Order a trail by time; at the same moment, by the order of the steps.
 *  @param {Iterable<Entry>} entries */
export function inOrder(entries) {
  return [...entries].sort((one, other) => one.at - other.at || (PLACE[one.status] ?? 0) - (PLACE[other.status] ?? 0));
}

/** Work out the relay line of a message.
 *  @param {Record<string, any>} message @param {Iterable<Entry>} [entries] @returns {Line} */
export function lineOf(message, entries = []) {
  /** @type {Record<string, number>} */
  const times = {};
  let attempt;
  let again = false;
  let last = Date.parse(message.created_at);
  for (const entry of inOrder(entries)) {
    const step = entry.status === "played" ? "read" : entry.status;
    attempt = entry.attempt ?? attempt;
    again = step === "queued" && entry.attempt !== undefined;
    if (again) delete times.sending;
    if (step === "sending") times.sending = entry.at;
    else times[step] ??= entry.at;
    last = entry.at;
  }
  const began = times.queued ?? Date.parse(message.created_at);
  const status = message.status;
  const known = Object.keys(times).length > 0;
  const reached = PLACE[status] ?? Math.max(0, ...STEPS.map((step, place) => (step in times ? place : 0)));
  const halt = haltOf(status, reached);
  const stops = STEPS.map((step, place) => {
    const at = place <= reached ? times[step] : undefined;
    return { step, at, offset: at === undefined ? undefined : at - began, state: stateOf(place, reached, status, halt, known && at === undefined) };
  });
  const lastAt = halt ? (times[status] ?? last) : stops[reached]?.at;
  return { stops, status, far: halt?.place ?? reached, offset: lastAt === undefined ? undefined : lastAt - began, attempt, again };
}

/** Where and how a line ends that goes no further. @param {string} status @param {number} reached */
function haltOf(status, reached) {
  if (status === "unknown") return { place: IN_DOUBT, state: /** @type {StopState} */ ("doubt") };
  const state = STOPPED[status];
  return state ? { place: Math.min(reached + 1, STEPS.length - 1), state } : null;
}

/** @param {number} place @param {number} reached @param {string} status
 *  @param {{place: number, state: StopState}|null} halt @param {boolean} untold @returns {StopState} */
function stateOf(place, reached, status, halt, untold) {
  if (halt?.place === place) return halt.state;
  if (place > reached || (halt && place > halt.place)) return "pending";
  if (place === reached && !halt && place <= TRAVELLING && status in PLACE) return "now";
  return untold && place < reached ? "passed" : "done";
}
