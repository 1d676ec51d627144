// @ts-check
/** Ask the public API. Every answer comes back whole: status, body and how long it took. */

import { authorization } from "./api_key.js";

export const API_PATH = "/api/v1/messaging";
/** Whatever stands before the page's own path stands before the API's too. */
const ROOT = location.pathname.split("/demo/messaging/")[0];
export const API = `${ROOT}${API_PATH}`;

/** @typedef {{status: number, statusText: string, ms: number, text: string, json: any, ok: boolean}} Answer */

/** @param {string} path @returns {Promise<Answer>} */
export function get(path) {
  return ask("GET", path);
}

/** @param {string} path @param {object} body @returns {Promise<Answer>} */
export function post(path, body) {
  return ask("POST", path, JSON.stringify(body));
}

/** @param {string} method @param {string} path @param {string} [body] @returns {Promise<Answer>} */
async function ask(method, path, body) {
  const began = performance.now();
  try {
    const response = await fetch(`${API}${path}`, {
      method,
      body,
      headers: { Accept: "application/json", ...authorization(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    });
    const text = await response.text();
    return {
      status: response.status,
      statusText: response.statusText || REASONS[response.status] || "",
      ms: performance.now() - began,
      text,
      json: read(text),
      ok: response.ok,
    };
  } catch {
    return { status: 0, statusText: "", ms: performance.now() - began, text: "", json: null, ok: false };
  }
}

/** @param {string} text */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** HTTP/2 sends no words with its status. @type {Record<number, string>} */
const REASONS = { 200: "OK", 202: "Accepted", 400: "Bad Request", 404: "Not Found", 409: "Conflict", 422: "Unprocessable Content", 500: "Internal Server Error", 503: "Service Unavailable", 504: "Gateway Timeout" };
