/* What a reader has typed into the cells of a page, kept in this browser. */

export class Kept {
  constructor(path) {
    this.key = `nnlib cells ${path}`;
    try {
      this.texts = JSON.parse(localStorage.getItem(this.key) ?? "{}");
    } catch { // storage is forbidden, or somebody else's
      this.texts = {};
    }
  }

  get(number) {
    return this.texts[number];
  }

  /** The numbers of the cells that are not as the book has them. */
  get numbers() {
    return Object.keys(this.texts).map(Number);
  }

  /** Keep a cell's text; undefined forgets it. */
  set(number, text) {
    if (text === undefined) delete this.texts[number];
    else this.texts[number] = text;
    try {
      if (this.numbers.length) localStorage.setItem(this.key, JSON.stringify(this.texts));
      else localStorage.removeItem(this.key);
    } catch { // kept until the page is left
    }
  }
}
