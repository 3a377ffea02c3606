/* Explorers whose frames Python draws: sliders stand between their values, too. */

import { python } from "./python.js";
import { element, harmless } from "./output.js";

const ROOM = "nnbook.live.explorer";
const CARD = {
  CUSTOM_ELEMENT_HANDLING: { tagNameCheck: /^nn-explorer$/ },
  ADD_ATTR: ["data-name", "data-text"], // not data-frames, which names a script
};
const PARTS = ["figure", ".nn-says > span", ".nn-pictures", ".nn-frame"]; // of each card
const COLOUR = /^light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\)$/;

/**
 * Show the explorer that a cell has made.
 * @param {HTMLElement} place where the cell's output goes
 * @param {{name: string, card: string}} explorer as Python describes it
 * @param {HTMLElement} [stored] the book's card, if the cell is as the book has it
 * @returns {boolean} whether it is an explorer
 */
export function show(place, explorer, stored) {
  const card = stored ?? harmless(explorer.card, CARD).querySelector("nn-explorer");
  if (!card || !PARTS.every((part) => card.querySelector(part))) return false;
  place.append(card);
  card.draw = drawer(card, explorer.name);
  for (const range of card.querySelectorAll("input[type=range]")) free(range);
  return true;
}

/* The mouse and the finger choose any value, arrow keys those that are offered. */
function free(range) {
  range.addEventListener("pointerdown", () => { range.step = "any"; });
  range.addEventListener("keydown", () => { range.step = 1; });
}

/* Draw the newest setting that was asked for; what was asked for meanwhile but the last is skipped. */
function drawer(card, name) {
  let wanted, busy = false;
  return async (setting) => {
    wanted = setting;
    if (busy) return;
    busy = true;
    try {
      while (wanted) {
        const asked = wanted;
        wanted = undefined;
        paint(card, await python.ask(ROOM, "frame", { name, setting: asked }), asked);
      }
    } catch (error) {
      card.sentence.textContent = error.message;
      card.shown = undefined;
    } finally {
      busy = false;
    }
  };
}

function paint(card, { pictures, sentence, colours, values }, setting) {
  for (const [name, value] of Object.entries(colours)) {
    if (/^--c\d+$/.test(name) && COLOUR.test(value)) card.style.setProperty(name, value);
  }
  card.layers.forEach((layer, k) => {
    const [svg] = harmless(`<svg>${pictures[k]}</svg>`).children;
    layer.replaceChildren(...svg.childNodes);
  });
  card.sentence.textContent = sentence;
  card.controls.forEach((control, k) => control.between?.(values[k], setting[k]));
  card.shown = undefined; // no stored frame
}
