/* Draw a digit: what a reader draws goes to Python (nnbook/digit.py), what it says is shown. */

import { megabytes } from "./engine.js";
import { Pad } from "./pad.js";
import { colourOf, pack, paint } from "./pictures.js";

let python; // comes with the click

const MODULE = "nnbook.digit";
const REST = 700; // ms without a new reading, before it is spoken
const number = (value) => String(value).replace("-", "−");
const units = (value, one, many) => `${number(value)} ${Math.abs(value) === 1 ? one : many}`;
const VALUES = { // how a slider's value is written
  right: (value) => units(value, "pixel", "pixels"),
  turn: (value) => `${number(value)}°`,
  thicker: (value) => units(value, "pixel", "pixels"),
};

class Digit extends HTMLElement {
  #pad;
  #examples = [];
  #picture = null; // what was drawn, as the network gets it before the sliders; null: no ink
  #reading = null; // what Python has said last
  #isNew = false; // there is ink that Python has not seen
  #isStale = false; // something has changed since Python was asked
  #isAsking = false;
  #rest;

  connectedCallback() {
    if (this.#pad) return; // moved in the page
    if (!megabytes) {
      this.#one(".nn-needs").textContent = "This copy of the book came without Python for its pages.";
      return;
    }
    this.#one(".nn-needs").hidden = true;
    this.#one(".nn-go").hidden = false;
    this.#one(".nn-go").textContent = `Start: draw your own (${megabytes} MB)`;
    this.#pad = new Pad(this.#one("canvas.nn-drawing"), this.#one(".nn-pen"));
    this.#pad.addEventListener("change", () => this.#look());
    this.#pad.addEventListener("pen", ({ detail: down }) => this.#say(down ? "Pen down" : "Pen up"));
    this.#on(".nn-go", "click", () => this.#start());
    this.#on(".nn-clear", "click", () => this.#clear());
    this.#on(".nn-centre", "change", () => this.#look());
    this.#on(".nn-examples", "change", () => this.#example());
    this.#on(".nn-as-drawn", "click", () => this.#asDrawn());
    this.#on(".nn-is-wrong", "click", () => this.#askTruth(this.#one(".nn-truth").hidden));
    for (const slider of this.#sliders) {
      slider.addEventListener("input", () => {
        this.#label(slider);
        this.#refresh();
      });
    }
    for (const button of this.querySelectorAll(".nn-truth button")) {
      button.addEventListener("click", () => this.#wrong(Number(button.value)));
    }
    const themes = new MutationObserver(() => this.#recolour());
    themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /* ---- Start ---- */

  async #start() {
    const [button, bar] = [this.#one(".nn-go"), this.#one(".nn-loading")];
    button.disabled = true;
    bar.hidden = false;
    this.#problem();
    try {
      ({ python } = await import("./python.js"));
      await python.start(({ done, total }) => Object.assign(bar, { value: done, max: total }));
      this.#examples = await python.ask(MODULE, "examples");
    } catch (error) {
      this.#problem(error.message);
      return;
    } finally {
      button.disabled = false;
      bar.hidden = true;
    }
    const names = this.#examples.map(({ name }, k) => new Option(name, k));
    this.#one(".nn-examples").append(...names);
    for (const slider of this.#sliders) this.#label(slider);
    this.classList.remove("nn-still");
    this.#look();
    this.#one("canvas.nn-drawing").focus({ preventScroll: true });
  }

  /* ---- What a reader does ---- */

  #clear() {
    this.#one(".nn-examples").value = "";
    this.#pad.clear();
  }

  #example() {
    const chosen = this.#examples[this.#one(".nn-examples").value];
    if (!chosen) return;
    const small = document.createElement("canvas");
    paint(small, chosen.picture, colourOf(this));
    this.#pad.put(small);
  }

  #asDrawn() {
    for (const slider of this.#sliders) {
      slider.value = 0;
      this.#label(slider);
    }
    this.#sliders[0].focus({ preventScroll: true }); // the button vanishes
    this.#refresh();
  }

  #label(slider) {
    const text = VALUES[slider.name](Number(slider.value));
    slider.setAttribute("aria-valuetext", text);
    slider.style.setProperty("--share", (slider.value - slider.min) / (slider.max - slider.min));
    slider.closest(".nn-control").querySelector(".nn-value").textContent = text;
    const isMoved = this.#sliders.some(({ value }) => Number(value) !== 0);
    this.classList.toggle("nn-moved", isMoved);
  }

  /* ---- Asking Python: while it computes, no more than one further question waits ---- */

  #look() {
    this.#isNew = true;
    this.#refresh();
  }

  async #refresh() {
    this.#isStale = true;
    if (this.#isAsking || this.classList.contains("nn-still")) return;
    this.#isAsking = true;
    this.setAttribute("aria-busy", true);
    try {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#read();
      }
    } catch (error) {
      this.#stopped(error);
    } finally {
      this.#isAsking = false;
      this.setAttribute("aria-busy", false);
    }
  }

  async #read() {
    if (this.#isNew) {
      this.#isNew = false;
      const drawing = pack(this.#pad.ink);
      const { checked: centre } = this.#one(".nn-centre");
      this.#picture = await python.ask(MODULE, "seen", { drawing, centre });
    }
    if (this.#picture === null) return this.#nothing();
    const values = this.#sliders.map(({ name, value }) => [name, Number(value)]);
    const changes = Object.fromEntries(values);
    this.#show(await python.ask(MODULE, "read", { picture: this.#picture, ...changes }));
  }

  /* Python has ended: by an error of its own, or for want of memory. */
  #stopped(error) {
    this.classList.add("nn-still");
    this.#one(".nn-examples").length = 1;
    this.#problem(error.message);
  }

  /* ---- Showing ---- */

  #show(reading) {
    this.#reading = reading;
    this.#askTruth(false);
    this.#one(".nn-is-wrong").disabled = false;
    const most = Math.max(...reading.probabilities);
    reading.probabilities.forEach((p, k) => this.#bar(k, p, p === most));
    this.#one(".nn-says").textContent = reading.says;
    this.#say(reading.says, REST);
    this.#paint();
    const items = this.querySelectorAll(".nn-units li");
    reading.units.forEach(({ number: unit, output, adds }, k) => {
      items[k].querySelector("canvas").setAttribute("aria-label", `Weights of unit ${unit}`);
      const sign = adds < 0 ? "" : "+";
      items[k].querySelector("span").textContent =
        `Unit ${unit}\noutput ${output.toFixed(2)}\nadds ${number(sign + adds.toFixed(2))}`;
    });
    this.#one(".nn-first-layer").hidden = false;
  }

  #nothing() {
    this.#reading = null;
    this.#askTruth(false);
    this.#one(".nn-is-wrong").disabled = true;
    for (let k = 0; k < 10; k++) this.#bar(k, 0, false);
    this.#one(".nn-says").textContent = "Nothing is drawn yet.";
    this.#say("");
    this.#one("canvas.nn-seen").width = 28; // empties it
    this.#one(".nn-first-layer").hidden = true;
  }

  #bar(k, p, isMost) {
    const row = this.querySelectorAll(".nn-bars li")[k];
    row.classList.toggle("nn-most", isMost);
    row.querySelector("progress").value = p;
    const percent = p < 0.995 ? `${Math.round(100 * p)} %` : "> 99 %";
    row.querySelector("span").textContent = this.#reading ? percent : "";
  }

  #paint() {
    paint(this.#one("canvas.nn-seen"), this.#reading.picture, colourOf(this));
    const [raising, lowering] = [".nn-raising", ".nn-lowering"].map((s) => colourOf(this.#one(s)));
    const canvases = this.querySelectorAll(".nn-units canvas");
    this.#reading.units.forEach(({ weights }, k) => paint(canvases[k], weights, raising, lowering));
  }

  #recolour() {
    this.#pad.recolour();
    if (this.#reading) this.#paint();
  }

  /* For a screen reader: the last of what came in quick succession. */
  #say(text, after = 0) {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#one(".nn-voice").textContent = text;
    }, after);
  }

  #problem(message) {
    const place = this.#one(".nn-problem");
    place.textContent = message ?? "";
    place.hidden = !message;
  }

  /* ---- "That is wrong" ---- */

  #askTruth(isAsked) {
    this.#one(".nn-truth").hidden = !isAsked;
    this.#one(".nn-is-wrong").setAttribute("aria-expanded", isAsked);
    this.#one(".nn-verdict").hidden = true;
  }

  async #wrong(drawn) {
    const { probabilities } = this.#reading;
    try {
      const text = await python.ask(MODULE, "wrong", { probabilities, drawn });
      this.#one(".nn-verdict").hidden = false;
      this.#one(".nn-verdict output").textContent = text;
    } catch (error) {
      this.#stopped(error);
    }
  }

  /* ---- Its parts ---- */

  get #sliders() {
    return [...this.querySelectorAll("input[type=range]")];
  }
  #one(selector) {
    return this.querySelector(selector);
  }
  #on(selector, event, listener) {
    this.#one(selector).addEventListener(event, listener);
  }
}

customElements.define("nn-digit", Digit);
