// @ts-check
/** Make elements. Data only ever becomes text or an attribute, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node|string|number|null|undefined|false} Child */

/** Make an element; `on…` props are listeners, null leaves an attribute out, as false does for plain ones.
 *  @param {string} tag @param {Record<string, any>} [props] @param {...(Child|Child[])} children
 *  @returns {any} */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  set(element, props);
  element.append(...nodes(children));
  return element;
}

/** Set attributes and listeners. @param {Element} element @param {Record<string, any>} props */
export function set(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean" && /^(data|aria)-/.test(name)) element.setAttribute(name, String(value));
    else if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else if (value === true) element.setAttribute(name, "");
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  }
}

/** Put children in place of what is there. @param {Element} element @param {...(Child|Child[])} children */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/** Write text only where it differs, so that a selection survives. @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {(Child|Child[])[]} children @returns {Node[]} */
function nodes(children) {
  return children
    .flat()
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

/** Draw an icon of the sprite. @param {string} name @param {string} [size] */
export function icon(name, size = "") {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("class", `icon ${size}`.trim());
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** Keep a container's children in step with a list, reusing what is there by key.
 *  @template T
 *  @param {Element} container @param {T[]} items @param {(item: T) => string} keyOf
 *  @param {(item: T) => HTMLElement} create @param {(element: any, item: T) => void} update */
export function patch(container, items, keyOf, create, update) {
  const there = new Map([...container.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]));
  /** @type {Element|null} */
  let after = null;
  for (const item of items) {
    const key = keyOf(item);
    let element = there.get(key);
    if (element) there.delete(key);
    else {
      element = create(item);
      /** @type {HTMLElement} */ (element).dataset.key = key;
    }
    update(element, item);
    /** @type {Element|null} */
    const next = after ? after.nextElementSibling : container.firstElementChild;
    if (next !== element) container.insertBefore(element, next);
    after = element;
  }
  for (const child of there.values()) child.remove();
}
