/* What a cell says and shows, as it comes, in the place of the book's own output.

   A reader may run code from anywhere, so nothing that it returns reaches the page as it is: text
   stays text, pictures are pictures, and of HTML only what cannot act is let through. */

import "./purify.js"; // it has no exports: it is `DOMPurify`

const purify = globalThis.DOMPurify;

const LONGEST = 200_000; // letters of a text that the page shows
const MOST = 500; // texts, pictures and tables of a cell that it shows
const MORE = "[more is not shown]";
const EXPLORER = "application/vnd.nnbook.explorer+json";
const PICTURES = { "image/png": "base64," , "image/jpeg": "base64," };
const FENCED = /^```\w*\n([^]*?)\n```\s*$/;

export class Output {
  /**
   * @param {HTMLElement} place emptied, and filled as the cell runs
   * @param {(place: HTMLElement, explorer: Object) => boolean} explore shows an explorer, if it is one
   */
  constructor(place, explore) {
    this.place = place;
    this.explore = explore;
    this.stream = undefined; // the block that goes on while the same stream writes
    this.count = 0;
    place.replaceChildren();
  }

  /** One event of a run. */
  hear(event) {
    if (event.kind === "stream") return this.#write(event);
    this.stream = undefined;
    if (event.kind === "display" && this.#hasRoom()) this.#show(event.data);
    if (event.kind === "error") this.say(event.traceback, "traceback");
  }

  #hasRoom() {
    this.count += 1;
    if (this.count === MOST) this.say(MORE);
    return this.count < MOST;
  }

  /** A block of text. */
  say(text, kind = "stream") {
    const block = element("div", `output ${kind} highlight-myst-ansi notranslate`);
    const inner = element("div", "highlight");
    const pre = element("pre");
    pre.textContent = cut(text);
    inner.append(pre);
    block.append(inner);
    this.place.append(block);
    return pre;
  }

  #write({ name, text }) {
    if (this.stream?.name !== name) {
      this.stream = undefined;
      if (!this.#hasRoom()) return;
      this.stream = { name, text: "", pre: this.say("") };
    }
    const { stream } = this;
    if (stream.text.length > LONGEST) return;
    stream.text = overwritten(stream.text + text.slice(0, LONGEST + 1));
    stream.pre.textContent = cut(stream.text);
  }

  #show(data) {
    if (data[EXPLORER] && this.explore(this.place, data[EXPLORER])) return;
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

/** What an event shows, if it is an explorer. */
export function explorerOf(event) {
  return event.kind === "display" ? event.data[EXPLORER] : undefined;
}

function cut(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}\n${MORE}` : text;
}

/* A carriage return goes back to the beginning of the line, as progress bars do. */
function overwritten(text) {
  if (!text.includes("\r")) return text;
  const ends = (line) => (line.endsWith("\r") ? line.slice(0, -1) : line);
  return text.split("\n").map((line) => line.slice(ends(line).lastIndexOf("\r") + 1)).join("\n");
}

/* ---- HTML and SVG ---- */

const ADDRESSES = new Set(["href", "xlink:href", "src", "srcset", "poster", "background", "cite"]);
const HERE = /^(?:#|data:image\/(?:png|jpeg|gif);)/i;
const LOADS = /url\(\s*["']?(?!["'#])|image-set|\\/i; // in a style or a colour; \ hides letters

/* What an attribute names is on this page or in the attribute: no other host hears of a reader. */
purify.addHook("uponSanitizeAttribute", (node, attribute) => {
  const { attrName: name, attrValue: value } = attribute;
  const foreign = ADDRESSES.has(name) ? !HERE.test(value) : name !== "alt" && LOADS.test(value);
  if (foreign) attribute.keepAttr = false;
});

/** HTML or SVG as nodes, without what could act, load, or cover the page. */
export function harmless(text, options = {}) {
  return purify.sanitize(text, {
    RETURN_DOM_FRAGMENT: true,
    FORBID_TAGS: ["style", "form", "iframe", "object", "embed", "base", "link", "meta"],
    FORBID_ATTR: ["popover", "popovertarget", "popovertargetaction", "action", "formaction"],
    ALLOW_DATA_ATTR: false, // the theme's scripts act on some
    ...options,
  });
}

export function element(name, classes = "") {
  const made = document.createElement(name);
  made.className = classes;
  return made;
}
