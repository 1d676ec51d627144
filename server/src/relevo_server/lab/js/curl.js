// @ts-check
/** Write a request as a command anybody can paste into a terminal. */

/** @typedef {{method: string, path: string, body: object}} Request */

/** @param {Request} request @param {string} origin */
export function curl({ method, path, body }, origin) {
  return [
    `curl -X ${method} ${quoted(origin + path)} \\`,
    `  -H ${quoted("Content-Type: application/json")} \\`,
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join("\n");
}

/** @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
