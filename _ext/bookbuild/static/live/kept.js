/* What a reader has typed into the cells of a page, kept in this browser. */

export class Kept {
  /** @param {string} key under which the browser keeps it */
  constructor(key) {
    this.key = key;
  }

  /** A cell's text, if it was typed over what the book has there now. */
  get(number, book) {
    const kept = this.#texts()[number];
    return kept?.book === book ? kept.text : undefined;
  }

  /** Keep a cell's text; the book's own is forgotten. */
  set(number, book, text) {
    const texts = this.#texts(); // as they are now: another tab may have kept some
    if (text === book) delete texts[number];
    else texts[number] = { book, text };
    try {
      if (Object.keys(texts).length) localStorage.setItem(this.key, JSON.stringify(texts));
      else localStorage.removeItem(this.key);
    } catch { // storage is forbidden, or full: what was typed stays until the page is left
    }
  }

  #texts() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch { // storage is forbidden, or somebody else's
      return {};
    }
  }
}
