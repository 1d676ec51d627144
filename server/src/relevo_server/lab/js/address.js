// @ts-check
/** The address bar: each view, filter and message has a URL, and back works. */

import { changed, state } from "./store.js";

/** @typedef {{view: "conversations"|"new"|"events", conversation?: string, message?: string, event?: string, type: string, find: string, search: string}} Route */

const FILTERS = /** @type {const} */ (["type", "find", "search"]);

/** @param {string} hash @returns {Route} */
export function readRoute(hash) {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const asked = new URLSearchParams(query);
  const filters = { type: asked.get("type") ?? "", find: asked.get("find") ?? "", search: asked.get("search") ?? "" };
  const [first, second, third, fourth] = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (first === "new") return { view: "new", ...filters };
  if (first === "events") return { view: "events", event: second, ...filters };
  return { view: "conversations", conversation: second, message: third === "messages" ? fourth : undefined, ...filters };
}

/** Write a route; filters stay as they are unless told. @param {Partial<Route>} route */
export function hrefOf(route) {
  const whole = { ...pick(state.route), ...route };
  const parts = {
    new: ["new"],
    events: ["events", whole.event],
    conversations: ["conversations", whole.conversation, ...(whole.message ? ["messages", whole.message] : [])],
  }[whole.view ?? "conversations"];
  const query = new URLSearchParams();
  for (const name of FILTERS) if (whole[name]) query.set(name, whole[name]);
  const path = parts.filter(Boolean).map((part) => encodeURIComponent(String(part))).join("/");
  return `#/${path}${query.size ? `?${query}` : ""}`;
}

/** @param {Route} route */
function pick(route) {
  return { type: route.type, find: route.find, search: route.search };
}

/** Go somewhere, as a new step of the history or in place of this one.
 *  @param {Partial<Route>} route @param {{replace?: boolean}} [how] */
export function go(route, { replace = false } = {}) {
  const href = hrefOf(route);
  if (href === location.hash) return;
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  follow();
}

/** Change filters in place. @param {Partial<Pick<Route, "type"|"find"|"search">>} filters */
export function filter(filters) {
  go({ ...state.route, ...filters }, { replace: true });
}

/** Go one step up: from a message to its conversation, from there to the list. */
export function goUp() {
  const { view, message, event, conversation } = state.route;
  if (event) go({ view: "events" });
  else if (message) go({ view: "conversations", conversation });
  else if (view !== "conversations" || conversation) go({ view: "conversations" });
}

/** Take the route from the address bar, now and whenever it changes. */
export function followAddress() {
  window.addEventListener("popstate", follow);
  window.addEventListener("hashchange", follow);
  follow();
}

function follow() {
  state.route = readRoute(location.hash);
  changed("route");
}

/** Tell which pane a narrow page shows. @param {Route} route */
export function paneOf(route) {
  if (route.message || route.event) return "aside";
  return route.view === "conversations" && !route.conversation ? "list" : "work";
}
