/* What a cell says and shows, as it comes, in the place of the book's own output.

   A reader may run code from anywhere, so nothing that it returns reaches the page as it is: text
   stays text, pictures are pictures, and of HTML only what cannot act is let through. */

import purify from "./purify.js";

const LONGEST = 200_000; // letters that a stream may fill the page with
const EXPLORER = "application/vnd.nnbook.explorer+json";
const PICTURES = { "image/png": "base64," , "image/jpeg": "base64," };
const FENCED = /^```\w*\n([^]*?)\n```\s*$/;

export class Output {
  /**
   * @param {HTMLElement} place emptied, and filled as the cell runs
   * @param {(place: HTMLElement, explorer: Object) => void} explore shows an explorer
   */
  constructor(place, explore) {
    this.place = place;
    this.explore = explore;
    this.stream = undefined; // the block that goes on while the same stream writes
    place.replaceChildren();
  }

  /** One event of a run. */
  hear(event) {
    if (event.kind === "stream") return this.#write(event);
    this.stream = undefined;
    if (event.kind === "display") this.#show(event.data);
    if (event.kind === "error") this.say(event.traceback, "traceback");
  }

  /** A block of text. */
  say(text, kind = "stream") {
    const block = element("div", `output ${kind} highlight-myst-ansi notranslate`);
    const inner = element("div", "highlight");
    const pre = element("pre");
    pre.textContent = text;
    inner.append(pre);
    block.append(inner);
    this.place.append(block);
    return pre;
  }

  #write({ name, text }) {
    if (this.stream?.name !== name) this.stream = { name, text: "", pre: this.say("", "stream") };
    const { stream } = this;
    if (stream.text.length > LONGEST) return;
    stream.text = (stream.text + text).replace(/[^\n]*\r(?!\n)/g, ""); // a progress bar's line
    if (stream.text.length > LONGEST) stream.text += "\n[more is not shown]";
    stream.pre.textContent = stream.text;
  }

  #show(data) {
    if (data[EXPLORER]) return this.explore(this.place, data[EXPLORER]);
    const picture = Object.keys(PICTURES).find((kind) => data[kind]);
    if (picture) return this.#picture(`data:${picture};${PICTURES[picture]}${data[picture]}`, 2);
    if (data["image/svg+xml"]) {
      const text = encodeURIComponent(data["image/svg+xml"]);
      return this.#picture(`data:image/svg+xml,${text}`, 1);
    }
    if (data["text/html"]) return this.#html(data["text/html"]);
    const code = data["text/markdown"]?.match(FENCED)?.[1];
    this.say(code ?? data["text/markdown"] ?? data["text/plain"], "text_plain");
  }

  #picture(address, dense) {
    const picture = element("img");
    picture.alt = "What this cell draws";
    picture.addEventListener("load", () => { picture.width = picture.naturalWidth / dense; });
    picture.src = address;
    this.place.append(picture);
  }

  #html(text) {
    const block = element("div", "output text_html nn-foreign");
    block.append(harmless(text));
    this.place.append(block);
  }
}

/** HTML or SVG as nodes, without what could act or load. */
export function harmless(text, options = {}) {
  return purify.sanitize(text, {
    RETURN_DOM_FRAGMENT: true,
    FORBID_TAGS: ["style", "form", "iframe", "object", "embed", "base", "link", "meta"],
    ALLOWED_URI_REGEXP: /^(?:#|data:image\/(?:png|jpeg|gif);)/i,
    ...options,
  });
}

export function element(name, classes = "") {
  const made = document.createElement(name);
  made.className = classes;
  return made;
}
