// @ts-check
/** The page's only state, and who wants to know when a part of it changes. */

/** @typedef {Record<string, any>} Json */
/** @typedef {"accounts"|"connection"|"conversations"|"events"|"exchange"|"language"|"messages"|"quote"|"route"|"sandbox"|"trails"} Part */

/** What the address bar says: `/demo/messaging/providers/{family}/{product}`. */
const [family = "", product = ""] = location.pathname.split("/providers/")[1]?.split("/") ?? [];

export const state = {
  provider: decodeURIComponent(`${family}_${product}`),
  words: /** @type {Record<string, string>} */ ({}),
  language: "en",
  locale: "en",
  /** @type {{account: Json|null, accounts: Json[], known: boolean, fault: Json|null}} */
  accounts: { account: null, accounts: [], known: false, fault: null },
  /** What the account's provider claims. @type {Set<string>} */
  capabilities: new Set(["text"]),
  /** The message that the one being composed quotes: our id. @type {string|null} */
  quote: null,
  /** @type {Json} */
  sandbox: { on: false, known: false },
  /** By id, and the cursor to older ones. */
  conversations: {
    rows: /** @type {Map<string, Json>} */ (new Map()),
    next: /** @type {string|null} */ (null),
    known: false,
    news: new Set(),
    /** Those outside the list that were asked for, and those that are not there. */
    wanted: new Set(),
    unknown: new Set(),
  },
  /** @type {Map<string, Json>} */
  messages: new Map(),
  /** Per conversation: ids oldest first, and the cursor to older ones.
   *  @type {Map<string, {ids: string[], next: string|null, known: boolean}>} */
  threads: new Map(),
  /** Per message: what happened to it, by step and attempt.
   *  @type {Map<string, {entries: Map<string, import("./trail.js").Entry>, whole: boolean}>} */
  trails: new Map(),
  /** @type {Json[]} */
  events: [],
  dropped: 0,
  /** What a reader is told of the stream. @type {Json} */
  connection: { state: "connecting", tryAt: 0, caughtUp: null },
  stream: {
    source: /** @type {EventSource|null} */ (null),
    /** The last event seen: where to resume. */
    place: /** @type {string|null} */ (null),
    tries: 0,
    cutAt: 0,
    timer: /** @type {ReturnType<typeof setTimeout>|undefined} */ (undefined),
    /** Since it is back: where that is told, what came until the log's head was known, and the head. */
    back: /** @type {{told: Json, early: number[], head: number|null}|null} */ (null),
    refreshing: false,
  },
  /** Details to load: ids, the oldest wish first, and how many are under way. */
  wanted: { ids: /** @type {string[]} */ ([]), underWay: 0 },
  /** The last request and its answer, the request being written, and how one looks.
   *  @type {{last: any, next: any, example: any}} */
  exchange: { last: null, next: null, example: null },
  /** Whether an account was found and is followed, and whether something was opened on arrival. */
  begun: false,
  opened: false,
  /** The icons, as they stand in the page. @type {Element|null} */
  sprite: null,
  /** What keys move through, as it is drawn now. @type {any} */
  page: null,
  /** @type {import("./address.js").Route} */
  route: { view: "conversations", type: "", find: "", search: "" },
};

/** Tell whether nothing can be shown, for want of an account, a key or an answer. */
export function isStuck() {
  const { account, known, fault } = state.accounts;
  return known && (fault !== null || account === null);
}

/** @type {Map<Part, Set<(ids: Set<string>) => void>>} */
const listeners = new Map();
/** @type {Map<Part, Set<string>>} */
const changes = new Map();
let asked = false;

/** Call `listener` after each change of a part, at most once a frame, with the ids that changed.
 *  @param {Part[]} parts @param {(ids: Set<string>) => void} listener */
export function on(parts, listener) {
  for (const part of parts) {
    const there = listeners.get(part) ?? new Set();
    listeners.set(part, there.add(listener));
  }
}

/** Forget every listener: the page is about to be drawn anew. */
export function forgetListeners() {
  listeners.clear();
}

/** Say that a part changed. @param {Part} part @param {string} [id] */
export function changed(part, id = "") {
  const ids = changes.get(part) ?? new Set();
  changes.set(part, ids.add(id));
  if (!asked) {
    asked = true;
    requestAnimationFrame(tell);
  }
}

function tell() {
  asked = false;
  /** @type {Map<(ids: Set<string>) => void, Set<string>>} */
  const calls = new Map();
  for (const [part, ids] of changes) {
    for (const listener of listeners.get(part) ?? []) {
      const all = calls.get(listener) ?? new Set();
      for (const id of ids) all.add(id);
      calls.set(listener, all);
    }
  }
  changes.clear();
  for (const [listener, ids] of calls) listener(ids);
}
