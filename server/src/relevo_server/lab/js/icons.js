// @ts-check
/** The icons: one sprite, fetched once and kept in the page. */

const SPRITE = new URL("../icons.svg", import.meta.url);

/** Load the sprite; it has to stand in the page for icons to be seen.
 *  @returns {Promise<Element>} an empty one where it cannot be loaded: words stand beside every icon, or label it */
export function loadIcons() {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("GET", SPRITE);
    // Read as a document by the browser: no text of ours is ever parsed as markup.
    request.responseType = "document";
    request.overrideMimeType("image/svg+xml");
    request.onloadend = () => {
      const sprite = document.createElement("div");
      sprite.hidden = true;
      const root = request.status === 200 ? request.responseXML?.documentElement : null;
      if (root) sprite.append(document.importNode(root, true));
      done(sprite);
    };
    request.send();
  });
}
