// @ts-check
/** Fetch what the page shows, as late as it can be. */

import { go } from "./address.js";
import { get } from "./api.js";
import { forgetRecords, takeConversations, takeDetail, takeEvent, takeMessage, takeThread, trailOf } from "./records.js";
import { changed, state } from "./store.js";

const PAGE = 50;
const PREVIEWS = 100;
const PAST_EVENTS = 300;
const AT_ONCE = 3;

/** Find the accounts of the provider in the address bar, and choose one. */
export async function loadAccounts() {
  const [answer, providers] = await Promise.all([get("/accounts"), get("/providers")]);
  if (!answer.ok) return fail(answer);
  const claimed = providers.json?.items?.find((/** @type {any} */ row) => row.name === state.provider)?.capabilities;
  state.capabilities = new Set(claimed ?? ["text"]);
  const accounts = answer.json.items.filter((/** @type {any} */ row) => row.provider === state.provider);
  const asked = new URLSearchParams(location.search).get("account");
  const chosen = accounts.find((/** @type {any} */ row) => row.name === asked) ?? accounts.find((/** @type {any} */ row) => row.default) ?? accounts[0];
  state.accounts = { account: chosen ?? null, accounts, known: true, fault: null };
  changed("accounts");
}

/** Ask anew how the accounts are; which one is chosen stays. */
export async function refreshAccounts() {
  const answer = await get("/accounts");
  if (!answer.ok) return;
  const accounts = answer.json.items.filter((/** @type {any} */ row) => row.provider === state.provider);
  const account = accounts.find((/** @type {any} */ row) => row.name === state.accounts.account?.name) ?? null;
  if (account) state.accounts = { ...state.accounts, account, accounts };
  changed("accounts");
}

/** Nothing can be shown, and why. @param {import("./api.js").Answer} answer */
export function fail(answer) {
  state.accounts = { ...state.accounts, known: true, fault: answer };
  changed("accounts");
}

/** Ask whether a sandbox stands in for the provider. */
export async function loadSandbox() {
  const { ok, json } = await get("/sandbox");
  takeSandbox(ok ? json : { on: false }, ok);
}

/** Take what a sandbox tells of itself. @param {Record<string, any>} told @param {boolean} [known] */
export function takeSandbox(told, known = true) {
  state.sandbox = { ...told, known };
  changed("sandbox");
}

/** Load the newest conversations, or older ones from a cursor on. @param {{more?: boolean, cursor?: string}} [how] */
export async function loadConversations({ more = false, cursor = "" } = {}) {
  const [page, recent] = await Promise.all([
    get(`/conversations?${query({ limit: PAGE, cursor })}`),
    more ? null : get(`/messages?${query({ limit: PREVIEWS })}`),
  ]);
  for (const row of recent?.json?.items ?? []) takeMessage(row);
  if (page.ok) takeConversations(page.json, { more });
  if (more) for (const row of page.json?.items ?? []) wantDetail(row.last_message_id);
}

/** Load a conversation that no page of the list brought, once. @param {string} id */
export async function wantConversation(id) {
  const { wanted, unknown, rows } = state.conversations;
  if (wanted.has(id)) return;
  wanted.add(id);
  const { ok, status, json } = await get(`/conversations/${encodeURIComponent(id)}`);
  if (!ok && status !== 404) wanted.delete(id);
  if (status === 404) unknown.add(id);
  if (ok && json.account !== state.accounts.account?.name) return showAccountOf(json);
  if (ok && !rows.has(json.id)) rows.set(json.id, json);
  // One that became a part of another answers with that one.
  if (ok && json.id !== id && state.route.conversation === id) go({ ...state.route, conversation: json.id }, { replace: true });
  if (ok || status === 404) changed("conversations", id);
}

/** A conversation of another account of this provider is shown by that one. @param {Record<string, any>} row */
function showAccountOf({ account, id }) {
  if (state.route.conversation !== id || !state.accounts.accounts.some((row) => row.name === account)) return;
  const place = new URL(location.href);
  place.searchParams.set("account", account);
  location.replace(place);
}

/** Load a conversation's newest messages, or older ones. @param {string} id @param {{more?: boolean}} [how] */
export async function loadThread(id, { more = false } = {}) {
  if (!state.threads.has(id)) state.threads.set(id, { ids: [], next: null, known: false });
  const cursor = more ? state.threads.get(id)?.next : null;
  const page = await get(`/messages?${query({ limit: PAGE, cursor, conversation_id: id })}`);
  if (page.ok) takeThread(id, page.json);
}

/** Load a message's detail unless it is here already. @param {string} id */
export function wantDetail(id) {
  const { ids } = state.wanted;
  if (ids.includes(id) || (state.messages.has(id) && trailOf(id).whole)) return;
  ids.push(id);
  loadWanted();
}

async function loadWanted() {
  const { wanted } = state;
  const id = wanted.ids[wanted.underWay];
  if (id === undefined || wanted.underWay >= AT_ONCE) return;
  wanted.underWay += 1;
  await loadDetail(id);
  wanted.underWay -= 1;
  wanted.ids.splice(wanted.ids.indexOf(id), 1);
  loadWanted();
}

/** Load a message's detail now. @param {string} id @returns {Promise<import("./api.js").Answer>} */
export async function loadDetail(id) {
  const answer = await get(`/messages/${encodeURIComponent(id)}`);
  if (answer.ok) takeDetail(answer.json);
  return answer;
}

/** Load the newest past events and give the place to follow the stream from; null if it cannot be told. */
export async function loadPastEvents() {
  const health = await get("/health/ready");
  if (!health.ok) return null;
  const { epoch, head } = health.json.engine;
  const page = await get(`/events?${query({ after: `${epoch}.${Math.max(0, head - PAST_EVENTS)}`, limit: PAST_EVENTS })}`);
  if (!page.ok) return null;
  for (const event of page.json.items) if (event.type !== "messaging.gap") takeEvent(event, { past: true });
  return /** @type {string} */ (page.json.next);
}

/** The log's newest position now. @returns {Promise<number|null>} */
export async function loadHead() {
  return (await get("/health/ready")).json?.engine?.head ?? null;
}

/** Load what the page shows now. */
export async function loadShown() {
  const { conversation } = state.route;
  await Promise.all([loadConversations(), conversation ? loadThread(conversation) : null]);
}

/** Start over after the log was begun anew. */
export async function loadAnew() {
  forgetRecords();
  await loadShown();
}

/** A query with the chosen account; empty values are left out. @param {Record<string, any>} values */
export function query(values) {
  const known = { account: state.accounts.account?.name, ...values };
  return new URLSearchParams(Object.entries(known).filter(([, value]) => value !== undefined && value !== null && value !== "").map(([name, value]) => [name, String(value)]));
}
