/* Explorers whose frames Python draws: sliders stand between their values, too, and what the book
   has chosen to can be dragged in the picture. */

import { python } from "./python.js";
import { harmless } from "./output.js";
import { Drag } from "./drag.js";

const ROOM = "nnbook.live.explorer";
const PICTURE = { ADD_TAGS: ["use"] }; // of a shape in the same picture: addresses are # ones
const CARD = {
  ...PICTURE,
  CUSTOM_ELEMENT_HANDLING: { tagNameCheck: /^nn-explorer$/ },
  // not data-frames, which names a script
  ADD_ATTR: ["name", "text", "free", "drag", "kind", "longest", "call"].map((name) => `data-${name}`),
};
const PARTS = ["figure", ".nn-says > span", ".nn-voice", ".nn-pictures", ".nn-frame"]; // of each card
const VARIABLE = /^--[0-9a-f]{6}$/;
const COLOUR = /^light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\)$/;
const SLOW = 250; // ms, then a line below the picture says that it is drawn
const MAGNET = 4; // px from a dot, where a slider stands on it
const KEYS = { ArrowRight: 1, ArrowUp: 1, PageUp: 1, ArrowLeft: -1, ArrowDown: -1, PageDown: -1 };

/**
 * Show an explorer that is not the book's own, but a reader's.
 * @param {HTMLElement} place where the cell's output goes
 * @param {{name: string, card: string, drag?: Object}} explorer as Python describes it
 * @returns {boolean} whether it is an explorer
 */
export function show(place, explorer) {
  const card = harmless(explorer.card, CARD).querySelector("nn-explorer");
  if (!card || !PARTS.every((part) => card.querySelector(part))) return false;
  place.append(card);
  return enliven(card, explorer);
}

/** Let Python draw what a card has no frame for. Returns true. */
export function enliven(card, explorer) {
  still(card);
  card.live = new Live(card, explorer);
  card.classList.add("nn-is-live");
  card.live.put(card.dragged ?? "");
  card.show();
  return true;
}

/** The Python that drew for a card is gone. */
export function still(card) {
  if (!card?.live) return;
  card.live.end();
  card.live = undefined;
  card.classList.remove("nn-is-live");
  for (const control of card.controls) control.index = control.whole;
  card.dragged = "";
  card.shown = undefined;
  card.show();
}

class Live {
  busy = false;
  #ended = new AbortController();
  #wanted; // the newest setting that was asked for: those before it are skipped
  #drawing;

  constructor(card, { name, drag }) {
    Object.assign(this, { card, name });
    const { signal } = this.#ended;
    for (const { free, range } of card.controls) if (free && range) loosen(range, signal);
    if (drag) this.drag = new Drag(card, drag, signal);
  }

  end() {
    this.forget();
    this.#ended.abort();
  }

  /** Put what is dragged where an address says. */
  put(text) {
    this.drag?.put(text);
  }

  /** What is dragged, as an argument in Python; undefined where it has been left. */
  get python() {
    return this.drag?.python;
  }

  forget() {
    this.#wanted = this.#drawing = undefined;
  }

  async draw(setting) {
    this.#wanted = { setting, dragged: this.drag?.moved };
    if (this.busy) return;
    this.busy = true;
    const { card } = this;
    const slow = setTimeout(() => card.classList.add("nn-loading"), SLOW);
    try {
      while ((this.#drawing = this.#wanted)) {
        const asked = this.#drawing;
        this.#wanted = undefined;
        const frame = await python.ask(ROOM, "frame", { name: this.name, ...asked });
        if (asked === this.#drawing) paint(card, frame, asked.setting);
        if (frame.axes) this.drag.fit(frame.axes);
      }
    } catch (error) {
      card.sentence.textContent = error.message;
      card.shown = undefined;
    } finally {
      this.busy = false;
      clearTimeout(slow);
      card.classList.remove("nn-loading");
    }
  }
}

function paint(card, { pictures, sentence, colours, places, values, names }, setting) {
  for (const [name, value] of Object.entries(colours)) {
    if (VARIABLE.test(name) && COLOUR.test(value)) card.style.setProperty(name, value);
  }
  card.layers.forEach((layer, k) => {
    const [svg] = harmless(`<svg>${pictures[k]}</svg>`, PICTURE).children;
    layer.replaceChildren(...svg.childNodes);
  });
  card.sentence.textContent = sentence;
  card.shown = undefined; // no stored frame
  card.controls.forEach((control, k) => {
    if (control.asked !== undefined && control.asked === setting[k]) control.index = places[k];
    control.drew(places[k], values[k], names[k]);
  });
}

/* Mouse and finger choose any value, keys those that are offered: from between two the next one. */
function loosen(range, signal) {
  const listen = (name, act) => range.addEventListener(name, act, { signal, capture: true });
  listen("pointerdown", () => { range.step = "any"; });
  listen("keydown", ({ key }) => {
    const at = Number(range.value);
    const isBack = (KEYS[key] ?? 0) < 0;
    if (key in KEYS) range.value = isBack ? Math.ceil(at) : Math.floor(at);
    if (key in KEYS || key === "Home" || key === "End") range.step = 1;
  });
  listen("input", () => {
    const at = Number(range.value);
    const near = Math.min(0.2, (MAGNET * range.max) / range.clientWidth);
    if (Math.abs(at - Math.round(at)) < near) range.value = Math.round(at);
  });
}
