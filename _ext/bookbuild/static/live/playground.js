/* <nn-playground>: a network that learns while the reader looks.

   Python trains it: `nnbook.playground`, in the worker behind python.js. This script asks for an
   epoch, shows what has come of it, and asks for the next one. What can be set, and how a link
   writes it, Python says, too. Before the reader presses Start, nothing of it is loaded. */

import { megabytes } from "./engine.js";

let python, Pictures; // come with the first click

const MODULE = "nnbook.playground";
const LINK = "#playground";
const FEW = { epochs: 20, pause: 1000 }; // for those who want little to move
const GROUPS = {
  Data: ["data", "n", "noise", "seed"],
  Network: ["layers", "width", "activation", "norm", "init"],
  Training: ["optimizer", "lr", "schedule", "batch"],
  Regularization: ["penalty", "strength", "dropout"],
};

const PARTS = `
  <div class="nn-row">
    <button type="button" class="nn-train" aria-pressed="false">Train</button>
    <button type="button" class="nn-step">One epoch</button>
    <button type="button" class="nn-again">Reset</button>
  </div>
  <div class="nn-views">
    <canvas class="nn-plane" role="img" aria-label="The plane with the points"></canvas>
    <canvas class="nn-curves" role="img" aria-label="The losses by epoch"></canvas>
  </div>
  <p class="nn-state"></p>
  <p class="nn-problem" hidden></p>
  <fieldset class="nn-own" hidden>
    <legend>Your own points: click or tap the plane, or set x and y</legend>
    <div class="nn-row">
      <label><input type="radio" name="nn-class" value="0" checked> ● blue</label>
      <label><input type="radio" name="nn-class" value="1"> ▲ orange</label>
    </div>
    <div class="nn-controls"></div>
    <div class="nn-row">
      <button type="button" class="nn-put">Set point</button>
      <button type="button" class="nn-back">Take back</button>
      <button type="button" class="nn-clear">Clear all</button>
    </div>
  </fieldset>
  <canvas class="nn-network" role="img" aria-label="The network"></canvas>
  <div class="nn-groups"></div>
  <details class="nn-code">
    <summary>As code</summary>
    <p>These are the lines that this page has run.</p>
    <pre tabindex="0"><code></code></pre>
    <button type="button" class="nn-copy">Copy</button>
  </details>
  <output class="nn-voice"></output>`;

const frame = () => new Promise(requestAnimationFrame);
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const still = matchMedia("(prefers-reduced-motion: reduce)");

/* ---- One control: a slider for numbers, a menu for names ---- */

class Control {
  constructor({ name, label, values, words }) {
    Object.assign(this, { name, values, words });
    this.box = document.createElement("div");
    this.box.dataset.name = name;
    const id = `nn-${name}`;
    const title = this.box.appendChild(document.createElement("label"));
    title.htmlFor = id;
    title.textContent = label;
    const numbers = values.every((value) => Number.isFinite(Number(value)));
    this.box.className = `nn-control ${numbers ? "nn-slider" : "nn-menu"}`;
    this.input = numbers ? this.slider() : this.menu();
    this.input.id = id;
    this.box.append(this.input);
  }
  slider() {
    this.value = this.box.appendChild(document.createElement("span"));
    this.value.className = "nn-number";
    const input = document.createElement("input");
    Object.assign(input, { type: "range", min: 0, max: this.values.length - 1 });
    input.style.setProperty("--steps", this.values.length - 1);
    return input;
  }
  menu() {
    const select = document.createElement("select");
    this.words.forEach((word, k) => select.add(new Option(word, k)));
    return select;
  }
  get text() {
    return this.values[this.input.value];
  }
  show(text, idle) {
    this.input.value = this.values.indexOf(text);
    this.input.disabled = idle;
    this.paint();
  }
  paint() {
    if (!this.value) return;
    const word = this.words[this.input.value];
    this.value.textContent = word;
    this.input.setAttribute("aria-valuetext", word);
    this.input.style.setProperty("--share", this.input.value / this.input.max);
  }
}

/* ---- The element ---- */

class Playground extends HTMLElement {
  connectedCallback() {
    if (this.door) return; // moved in the page
    this.door = this.querySelector(".nn-start"); // the picture, and the button
    const needs = this.door.querySelector(".nn-needs"); // it stands where no script runs
    needs.textContent = "This copy of the book was built without Python for its pages.";
    if (!megabytes) return;
    needs.remove();
    const button = this.door.querySelector("button");
    button.textContent = `Start: ${megabytes} MB to load, once`;
    button.hidden = false;
    button.addEventListener("click", () => this.open());
    addEventListener("hashchange", () => this.arrive());
    addEventListener("visibilitychange", () => document.hidden && this.pause());
  }

  /* ---- Start: load Python, build the controls, show the first setting ---- */

  async open() {
    const button = this.door.querySelector("button");
    const bar = this.door.querySelector("progress");
    const problem = this.door.querySelector(".nn-problem");
    button.disabled = true;
    problem.hidden = true;
    bar.hidden = false;
    try {
      ({ python } = await import("./python.js"));
      ({ Pictures } = await import("./playground-pictures.js"));
      await python.start(({ done, total }) => {
        Object.assign(bar, { value: done, max: total });
        bar.setAttribute("aria-valuetext", `${inMegabytes(done)} of ${inMegabytes(total)} MB`);
      });
      if (!this.tool) await this.build();
      this.find(".nn-problem").hidden = true;
      await this.arrive();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      return;
    } finally {
      bar.hidden = true;
      button.disabled = false;
    }
    this.door.hidden = true;
    this.tool.hidden = false;
    this.draw();
    this.find(".nn-train").focus();
  }

  async build() {
    const controls = (await python.ask(MODULE, "controls", {})).map((what) => new Control(what));
    this.tool = document.createElement("div");
    this.tool.className = "nn-tool";
    this.tool.hidden = true;
    this.tool.innerHTML = PARTS;
    this.append(this.tool);
    this.controls = new Map(controls.map((control) => [control.name, control]));
    for (const [title, names] of Object.entries(GROUPS)) this.group(title, names);
    this.point = ["x", "y"].map((name) => {
      const values = Array.from({ length: 41 }, (_, k) => String((k - 20) / 10));
      const words = values.map((value) => value.replace("-", "−"));
      const control = new Control({ name, label: name, values, words });
      this.find(".nn-own .nn-controls").append(control.box);
      control.show("0", false);
      return control;
    });
    this.pictures = new Pictures(this.tool);
    python.addEventListener("state", () => this.watch());
    this.listen();
  }

  group(title, names) {
    const group = document.createElement("fieldset");
    const legend = group.appendChild(document.createElement("legend"));
    legend.textContent = title;
    const box = group.appendChild(document.createElement("div"));
    box.className = "nn-controls";
    box.append(...names.map((name) => this.controls.get(name).box));
    this.find(".nn-groups").append(group);
  }

  listen() {
    const on = (place, event, act) => this.find(place).addEventListener(event, act);
    on(".nn-train", "click", () => (this.running ? this.pause() : this.train()));
    on(".nn-step", "click", () => this.step());
    on(".nn-again", "click", () => this.reset());
    on(".nn-put", "click", () => this.put(this.point.map((control) => Number(control.text))));
    on(".nn-back", "click", () => this.setPoints(this.data.training.slice(0, -1)));
    on(".nn-clear", "click", () => this.setPoints([]));
    on(".nn-plane", "click", (event) => this.click(event));
    on(".nn-code", "toggle", () => this.showCode());
    on(".nn-copy", "click", () => this.copy());
    on(".nn-own", "input", () => {
      for (const control of this.point) control.paint();
      this.draw();
    });
    for (const control of this.controls.values()) {
      control.input.addEventListener("input", () => control.paint());
      control.input.addEventListener("change", () => this.set(control.name, control.text));
    }
    new ResizeObserver(() => this.draw()).observe(this.tool);
    const recolour = () => {
      this.pictures.takeColours();
      this.draw();
    };
    new MutationObserver(recolour).observe(document.documentElement, {
      attributeFilter: ["data-theme"],
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  }

  find(place) {
    return this.tool.querySelector(place);
  }

  /* Python has been stopped, or has failed: what was seen is gone, and Start brings it again. */
  watch() {
    if (["ready", "busy", "loading"].includes(python.state)) return;
    this.pause();
    this.view = this.query = undefined; // what the address says is to be made again
    this.tool.hidden = true;
    this.door.hidden = false;
  }

  /* ---- What Python is asked for; all that comes back is shown ---- */

  async ask(name, values = {}) {
    this.find(".nn-problem").hidden = true;
    try {
      return await python.ask(MODULE, name, values);
    } catch (error) {
      this.pause();
      this.say(error.message);
      return null;
    }
  }

  say(problem) {
    const place = this.find(".nn-problem");
    place.textContent = problem;
    place.hidden = false;
    this.speak(problem);
  }

  /* A setting, or another one: a link that was followed, a control, a reset. */
  async show(asked) {
    const all = await asked;
    if (!all) return this.showControls();
    Object.assign(this, { setting: all.setting, query: all.query, idle: all.idle, data: all.data });
    this.showControls();
    this.keep();
    this.see(all.view);
    this.settle();
  }

  showControls() {
    for (const [name, control] of this.controls) {
      control.show(this.setting[name], this.idle.includes(name));
    }
    this.find(".nn-own").hidden = this.setting.data !== "own";
  }

  see(view) {
    this.view = view;
    this.find(".nn-state").textContent = sentence(view);
    this.draw();
    if (!view.stopped) return;
    this.pause();
    this.say(`${view.stopped} Reset, and try a lower learning rate.`);
  }

  draw() {
    if (!this.view || this.tool.hidden) return;
    const cross = this.setting.data === "own" && this.point.map((control) => Number(control.text));
    this.pictures.draw(this.data, this.view, cross);
  }

  /* ---- Running ---- */

  async train() {
    if (this.running) return;
    this.running = true;
    this.showRunning();
    while (this.running) {
      const { epochs, pause } = still.matches ? FEW : { epochs: 1, pause: 0 };
      const view = await this.ask("step", { epochs });
      if (view) this.see(view);
      await (pause ? rest(pause) : frame());
    }
    this.settle();
  }

  pause() {
    this.running = false;
    this.showRunning();
  }

  showRunning() {
    const button = this.find(".nn-train");
    button.textContent = this.running ? "Pause" : "Train";
    button.setAttribute("aria-pressed", String(this.running));
  }

  async step() {
    this.pause();
    const view = await this.ask("step", { epochs: 1 });
    if (view) this.see(view);
    this.settle();
  }

  reset() {
    this.pause();
    return this.show(this.ask("reset"));
  }

  set(name, value) {
    return this.show(this.ask("change", { name, value }));
  }

  /* At rest: what a reader hears, and what would be out of date. */
  settle() {
    if (this.running || !this.view) return; // or Python has been stopped
    if (this.find(".nn-problem").hidden) this.speak(this.find(".nn-state").textContent);
    const { now, epoch } = this.view;
    this.find(".nn-plane").setAttribute("aria-label", planeInWords(this.data, now));
    this.find(".nn-curves").setAttribute("aria-label", `The losses of ${epoch} epochs`);
    this.find(".nn-network").setAttribute("aria-label", networkInWords(this.view.weights));
    this.showCode();
  }

  speak(words) {
    this.find(".nn-voice").textContent = words;
  }

  /* ---- The address: #playground?name=value, what differs from the start ---- */

  arrive() {
    const [place, query = ""] = location.hash.split("?");
    if (place !== LINK && (this.view || !this.tool)) return undefined; // to a section of the page
    if (query && query === this.query) return undefined; // written by `keep`
    if (this.view || !this.tool) this.scrollIntoView({ block: "start" });
    if (!this.tool) return undefined; // Start reads the address
    this.pause();
    const asked = place === LINK ? decodeURI(query) : "";
    return this.show(this.view ? this.ask("start", { query: asked }) : this.first(asked));
  }

  /* The first setting; a link with a fault in it gives the start, and a sentence. */
  async first(query) {
    try {
      return await python.ask(MODULE, "start", { query });
    } catch (error) {
      const all = await python.ask(MODULE, "start", {});
      this.say(error.message);
      return all;
    }
  }

  keep() {
    try {
      history.replaceState(history.state, "", `${LINK}${this.query && "?"}${this.query}`);
    } catch {
      // a page inside a sandbox has no history: nothing to keep, all else works
    }
    for (const link of document.querySelectorAll(`a[href^="${LINK}?"]`)) {
      link.setAttribute("aria-current", String(link.hash === `${LINK}?${this.query}`));
    }
  }

  /* ---- The reader's own points ---- */

  click(event) {
    if (this.setting.data !== "own") return;
    const box = event.target.getBoundingClientRect();
    const { left, right, bottom, top } = event.target.place;
    this.put([
      left + ((event.clientX - box.left) / box.width) * (right - left),
      top - ((event.clientY - box.top) / box.height) * (top - bottom),
    ]);
  }

  put([x, y]) {
    const label = Number(this.find(".nn-own :checked").value);
    return this.setPoints([...this.data.training, [x, y, label]]);
  }

  setPoints(points) {
    const two = (value) => Number(value.toFixed(2));
    return this.set("points", points.map(([x, y, k]) => `${two(x)},${two(y)},${k}`).join(";"));
  }

  /* ---- As code ---- */

  async showCode() {
    if (!this.find(".nn-code").open) return;
    const code = await this.ask("code");
    if (code !== null) this.find(".nn-code pre").textContent = code;
  }

  async copy() {
    const button = this.find(".nn-copy");
    try {
      await navigator.clipboard.writeText(this.find(".nn-code pre").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(this.find(".nn-code pre")); // to be copied by hand
      button.textContent = "Selected: copy it";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  }
}

/* ---- Numbers in words ---- */

function number(value) {
  if (value === null) return "not finite";
  return value < 1000 ? value.toFixed(3) : "above 1000";
}

const inMegabytes = (bytes) => (bytes / 1e6).toFixed(0);
const percent = (share) => `${Math.round(100 * share)} %`;

function sentence({ epoch, now }) {
  if (!epoch) return "Epoch 0: nothing learned yet.";
  const part = (name, loss, right) =>
    `${name}: loss ${number(loss)}, ${percent(right)} right`;
  const parts = [part("training", now.loss, now.accuracy)];
  if ("val_accuracy" in now) parts.push(part("validation", now.val_loss, now.val_accuracy));
  return `Epoch ${epoch}, learning rate ${Number(now.lr.toPrecision(3))}; ${parts.join("; ")}.`;
}

function planeInWords({ training, validation }, now) {
  const points = `${training.length} points to learn from, ${validation.length} for validation`;
  const right = "accuracy" in now ? `; the network has ${percent(now.accuracy)} of the first right` : "";
  return `The plane with ${points}${right}.`;
}

function networkInWords(weights) {
  const sizes = [...weights.map((matrix) => matrix.length), 1];
  return `A network of 2 inputs, ${sizes.slice(1, -1).map((n) => `${n} units, `).join("")}1 output.`;
}

customElements.define("nn-playground", Playground);
