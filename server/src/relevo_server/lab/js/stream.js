// @ts-check
/** Follow the live stream; when it is cut, say so, resume where it stopped, and say what came back. */

import { API, post } from "./api.js";
import { apiKey } from "./api_key.js";
import { fail, loadAnew, loadConversations, loadHead, loadPastEvents, loadSandbox, loadShown, query, refreshAccounts } from "./loading.js";
import { takeEvent } from "./records.js";
import { changed, state } from "./store.js";

const WAITS_S = [1, 2, 4, 8, 15];
const SHOWN_MS = 12_000;
const BURST_MS = 80;
/** It opens one connection; the next one gets a ticket of its own. */
const TICKET_S = 60;

/** Begin with the newest past events, then follow. */
export function followStream() {
  window.addEventListener("online", tryNow);
  return open();
}

/** Do not wait any longer. */
export function tryNow() {
  if (state.connection.state !== "cut") return;
  clearTimeout(state.stream.timer);
  open();
}

async function open() {
  const { stream } = state;
  tell({ state: stream.cutAt ? "trying" : "connecting" });
  if (stream.place === null) {
    // The place first, then the rows: what happens in between is told by the stream.
    stream.place = await loadPastEvents();
    if (stream.place === null) return cut();
    loadShown();
  }
  const address = await streamAddress(stream.place);
  if (address === null) return cut();
  stream.source = new EventSource(address);
  stream.source.onopen = opened;
  stream.source.onmessage = take;
  stream.source.onerror = cut;
}

/** Where the stream is; with a key, by a ticket, for an EventSource cannot show one. @param {string} place */
async function streamAddress(place) {
  if (!apiKey()) return `${API}/events?${query({ after: place })}`;
  const answer = await post("/events/tickets", { account: [state.accounts.account?.name], ttl_s: TICKET_S });
  if (answer.ok) return `${API}/events?${new URLSearchParams({ ticket: answer.json.ticket, after: place })}`;
  if (answer.status === 401) fail(answer);
  return null;
}

async function opened() {
  const { stream } = state;
  stream.tries = 0;
  if (!stream.cutAt) return tell({ state: "live", caughtUp: null });
  /** Stands in the timeline where the stream was away. @type {Record<string, any>} */
  const break_ = { id: `cut ${stream.cutAt}`, type: "lab.cut", time: new Date().toISOString(), data: { away_ms: Date.now() - stream.cutAt, count: null, anew: false } };
  stream.cutAt = 0;
  stream.back = { told: break_, early: [], head: null };
  state.events.push(break_);
  tell({ state: "live", caughtUp: break_.data });
  const { back } = stream;
  const head = (await loadHead()) ?? 0;
  back.head = head;
  countBack(back, back.early.filter((position) => position <= head).length);
  setTimeout(() => state.connection.caughtUp === break_.data && tell({ caughtUp: null }), SHOWN_MS);
}

/** Count events that came back: those that were there already when the stream was. They may come
 *  after the head did. @param {NonNullable<typeof state.stream.back>} back @param {number} more */
function countBack({ told }, more) {
  told.data.count = (told.data.count ?? 0) + more;
  changed("events", told.id);
  changed("connection");
}

/** @param {MessageEvent<string>} told */
function take(told) {
  const event = JSON.parse(told.data);
  const { stream } = state;
  stream.place = told.lastEventId;
  if (event.type === "messaging.gap") {
    if (state.connection.caughtUp) state.connection.caughtUp.anew = true;
    loadAnew();
    return;
  }
  if (stream.back?.head === null) stream.back.early.push(event.position);
  else if (stream.back && event.position <= stream.back.head) countBack(stream.back, 1);
  if (event.type === "messaging.account") refreshAccounts();
  // The list tells what became of a window.
  if (takeEvent(event) || event.data.error?.code === "window_closed") refreshConversations();
  if (event.type === "messaging.outbound" && event.data.attempt && state.sandbox.switches?.some(isUsedUp)) loadSandbox();
}

/** The next attempt uses it up. @param {{once: boolean, on: boolean}} one */
function isUsedUp(one) {
  return one.once && one.on;
}

/** A conversation is new here: ask for the list, once for a burst. */
function refreshConversations() {
  if (state.stream.refreshing) return;
  state.stream.refreshing = true;
  setTimeout(async () => {
    state.stream.refreshing = false;
    await loadConversations();
  }, BURST_MS);
}

function cut() {
  const { stream } = state;
  stream.source?.close();
  stream.source = null;
  stream.cutAt ||= Date.now();
  const wait = (WAITS_S[Math.min(stream.tries, WAITS_S.length - 1)] ?? 1) * 1000;
  stream.tries += 1;
  tell({ state: "cut", tryAt: Date.now() + wait, caughtUp: null });
  clearTimeout(stream.timer);
  stream.timer = setTimeout(open, wait);
}

/** @param {Record<string, any>} news */
function tell(news) {
  state.connection = { ...state.connection, ...news };
  changed("connection");
}
