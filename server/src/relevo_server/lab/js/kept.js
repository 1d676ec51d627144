// @ts-check
/** What this browser keeps between visits: choices and drafts, and nothing the API knows. */

const PREFIX = "relevo.lab.";

/** @param {string} name @returns {string|null} */
export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keep a text, or forget it. @param {string} name @param {string|null} text */
export function keep(name, text) {
  try {
    if (text === null || text === "") localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, text);
  } catch {
    // Storage is closed or full: the page works on, and forgets on reload.
  }
}

/** Read a draft: fields by name. @param {string} place @returns {Record<string, string>} */
export function draft(place) {
  try {
    return JSON.parse(kept(`draft.${place}`) ?? "{}");
  } catch {
    return {};
  }
}

/** Keep a draft; one without words is forgotten. @param {string} place @param {Record<string, string>} fields */
export function keepDraft(place, fields) {
  const filled = Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== ""));
  keep(`draft.${place}`, Object.keys(filled).length ? JSON.stringify(filled) : null);
}

/** Keep something until this tab is closed. @param {string} name @param {unknown} value */
export function keepForVisit(name, value) {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // As above.
  }
}

/** @param {string} name @returns {any} null: nothing was kept */
export function keptForVisit(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}
