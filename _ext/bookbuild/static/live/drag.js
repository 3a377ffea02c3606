/* What can be dragged in an explorer's first panel, with mouse, finger, or keys: one point, one of
   several points, or the ink of pixels. A layer over the axes hears of it; the picture is Python's.

   An address has only what differs from the book's: "x,y" of a point, "k:x,y;…" of points by
   number, "k;…" of pixels whose ink is turned round. */

import { element } from "./output.js";

const REACH = 22; // px around a point that are its own
const STEP = 0.01; // of an axis, by an arrow key; with Shift ten times as much
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const HELP = {
  point: "Arrow keys move it, with Shift further; Home puts it back.",
  points: "Page Up and Page Down choose a point, arrow keys move it, with Shift further; Home puts "
    + "it back.",
  pixels: "Arrow keys choose a pixel, the space bar turns its ink round; Home puts all back.",
};
const clamp = (n, [a, b]) => Math.min(Math.max(n, Math.min(a, b)), Math.max(a, b));
const written = (n) => String(n).replace("-", "\u2212");

export class Drag {
  #card;
  #at = 0; // the number of the point, or of the pixel, that keys move
  #pointer; // the one that drags

  /**
   * @param {HTMLElement} card
   * @param {{name: string, kind: string, value: Array, axes: Object}} what as Python describes it
   * @param {AbortSignal} signal ends it
   */
  constructor(card, { name, kind, value, axes }, signal) {
    this.#card = card;
    Object.assign(this, { name, kind, columns: value[0].length });
    this.start = kind === "point" ? [value] : kind === "pixels" ? value.flat() : value;
    this.values = [...this.start];
    this.panel = card.querySelector(".nn-panel");
    this.layer = element("div", `nn-drag nn-drag-${kind}`);
    this.mark = element("span", "nn-mark");
    this.layer.append(this.mark);
    this.layer.tabIndex = 0;
    this.layer.setAttribute("role", "application");
    this.layer.setAttribute("aria-description", HELP[kind]);
    card.querySelector("figure").append(this.layer);
    const listen = (event, act) => this.layer.addEventListener(event, act, { passive: false, signal });
    listen("pointerdown", (event) => this.#press(event));
    listen("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) listen(end, () => { this.#pointer = undefined; });
    listen("touchstart", (event) => this.#pointer !== undefined && event.preventDefault());
    listen("keydown", (event) => this.#key(event));
    const watch = new ResizeObserver(() => this.#lay());
    watch.observe(this.panel);
    signal.addEventListener("abort", () => {
      watch.disconnect();
      this.layer.remove();
    });
    this.fit(axes);
  }

  /** The axes may be others in each frame. */
  fit(axes) {
    this.axes = axes;
    this.#lay();
  }

  /** What Python is to draw; undefined where nothing has been moved. */
  get moved() {
    if (!this.text) return undefined;
    if (this.kind === "point") return this.values[0];
    return this.kind === "points" ? this.values : this.#rows();
  }

  get python() {
    if (!this.text) return undefined;
    const tuple = (point) => `(${point.join(", ")})`;
    if (this.kind === "point") return `${this.name}=${tuple(this.values[0])}`;
    const rows = this.kind === "points" ? this.values : this.#rows();
    return `${this.name}=np.array([${rows.map((row) => `[${row.join(", ")}]`).join(", ")}])`;
  }

  #rows() {
    const { columns, values } = this;
    return Array.from({ length: values.length / columns }, (_, k) =>
      values.slice(k * columns, (k + 1) * columns));
  }

  /** As an address has it. */
  get text() {
    const changed = this.values.map((value, k) => [k, value])
      .filter(([k, value]) => String(value) !== String(this.start[k])); // points are lists
    const one = { point: ([, p]) => p.join(), points: ([k, p]) => `${k}:${p}`, pixels: ([k]) => k };
    return changed.map(one[this.kind]).join(";");
  }

  /** Everything where an address says. What cannot be read stays at its start. */
  put(text) {
    this.values = [...this.start];
    for (const part of text.split(";").filter(Boolean)) {
      const [k, point] = this.kind === "point" ? [0, part] : part.split(":");
      if (!(k in this.start)) continue;
      if (this.kind === "pixels") this.values[k] = 1 - this.start[k];
      else {
        const numbers = (point ?? "").split(",").map(parseFloat);
        const isPoint = numbers.length === 2 && numbers.every(Number.isFinite);
        if (isPoint) this.values[k] = this.#inside(numbers);
      }
    }
    this.#place();
  }

  /* ---- Data and screen ---- */

  #inside([x, y]) {
    const round = (n, [a, b]) => {
      const digits = Math.max(0, Math.ceil(-Math.log10(Math.abs(b - a) / 400)));
      return Number(clamp(n, [a, b]).toFixed(digits));
    };
    return [round(x, this.axes.x), round(y, this.axes.y)];
  }

  /* As shares of the layer, from its left and top. */
  #share([x, y]) {
    const share = (n, [a, b]) => (n - a) / (b - a);
    return [share(x, this.axes.x), 1 - share(y, this.axes.y)];
  }

  #data({ clientX, clientY }) {
    const box = this.layer.getBoundingClientRect();
    const along = (share, [a, b]) => a + share * (b - a);
    return [
      along((clientX - box.left) / box.width, this.axes.x),
      along(1 - (clientY - box.top) / box.height, this.axes.y),
    ];
  }

  /* Over the axes, wherever the panel is now. */
  #lay() {
    const figure = this.layer.parentElement;
    if (!figure) return;
    const [from, panel] = [figure, this.panel].map((node) => node.getBoundingClientRect());
    const view = this.panel.viewBox.baseVal;
    const scale = panel.width / view.width;
    const [left, top, width, height] = this.axes.box;
    const px = {
      left: panel.left - from.left - figure.clientLeft + (left - view.x) * scale,
      top: panel.top - from.top - figure.clientTop + (top - view.y) * scale,
      width: width * scale,
      height: height * scale,
    };
    for (const [name, value] of Object.entries(px)) this.layer.style[name] = `${value}px`;
    this.#place();
  }

  /* The mark where the point, or pixel, is; and what is said of it. */
  #place() {
    const k = this.#at;
    const isPixels = this.kind === "pixels";
    const [row, column] = [Math.floor(k / this.columns), k % this.columns];
    const [left, top] = this.#share(isPixels ? [column, row] : this.values[k]);
    Object.assign(this.mark.style, { left: `${100 * left}%`, top: `${100 * top}%` });
    if (isPixels) {
      const side = (limits) => `${100 / Math.abs(limits[1] - limits[0])}%`;
      Object.assign(this.mark.style, { width: side(this.axes.x), height: side(this.axes.y) });
    }
    const what = {
      point: () => this.name,
      points: () => `${this.name}, ${k + 1} of ${this.values.length}`,
      pixels: () => `${this.name}, row ${row + 1}, column ${column + 1}: `
        + (this.#isTurned(k) ? "turned round" : "as it was"),
    }[this.kind]();
    const where = () => this.values[k].map((n, axis) => `${"xy"[axis]} = ${written(n)}`).join(", ");
    this.layer.setAttribute("aria-label", isPixels ? what : `${what}: ${where()}`);
  }

  /* Which point, or pixel, is meant by a place on the screen; undefined if none is near. */
  #near(event) {
    const [x, y] = this.#data(event);
    if (this.kind === "pixels") {
      const [column, row] = [Math.round(x), Math.round(y)];
      const isInside = column >= 0 && column < this.columns && row >= 0;
      const k = row * this.columns + column;
      return isInside && k < this.values.length ? k : undefined;
    }
    const box = this.layer.getBoundingClientRect();
    const distances = this.values.map((point) => {
      const [left, top] = this.#share(point);
      return Math.hypot(
        box.left + left * box.width - event.clientX, box.top + top * box.height - event.clientY);
    });
    const least = Math.min(...distances);
    return least <= REACH ? distances.indexOf(least) : undefined;
  }

  /* ---- Mouse, finger, keys ---- */

  #press(event) {
    const near = event.button === 0 ? this.#near(event) : undefined;
    if (near === undefined || this.#pointer !== undefined) return;
    this.#pointer = event.pointerId;
    this.layer.setPointerCapture(event.pointerId);
    this.#at = near;
    this.isTurning = !this.#isTurned(near);
    if (this.kind === "pixels") this.#turn(near, this.isTurning);
    else this.#place();
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) {
      this.layer.classList.toggle("nn-near", this.#near(event) !== undefined);
      return;
    }
    if (this.kind !== "pixels") return this.#change(this.#at, this.#inside(this.#data(event)));
    const near = this.#near(event);
    if (near !== undefined && near !== this.#at) this.#turn(near, this.isTurning);
  }

  #isTurned(k) {
    return this.values[k] !== this.start[k];
  }

  #turn(k, isTurned) {
    this.#change(k, isTurned ? 1 - this.start[k] : this.start[k]);
  }

  #key(event) {
    const { key, shiftKey } = event;
    const at = this.#at;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isPixels = this.kind === "pixels";
    if (key in ARROWS) (isPixels ? this.#walk(...ARROWS[key]) : this.#shift(ARROWS[key], shiftKey));
    else if (key === "Home") {
      if (isPixels) this.values = [...this.start];
      this.#change(at, this.start[at]);
    } else if (key === " " && isPixels) this.#turn(at, !this.#isTurned(at));
    else if (key === "PageDown" && this.kind === "points") this.#choose(at + 1);
    else if (key === "PageUp" && this.kind === "points") this.#choose(at - 1);
    else return;
    event.preventDefault(); // the page stays where it is
  }

  /* A point, by a step. */
  #shift(direction, isFar) {
    const step = STEP * (isFar ? 10 : 1);
    const limits = [this.axes.x, this.axes.y];
    const moved = this.values[this.#at]
      .map((n, axis) => n + direction[axis] * step * (limits[axis][1] - limits[axis][0]));
    this.#change(this.#at, this.#inside(moved));
  }

  /* To the pixel beside. */
  #walk(right, up) {
    const column = (this.#at % this.columns) + right;
    if (column >= 0 && column < this.columns) this.#choose(this.#at + right - up * this.columns);
  }

  #choose(k) {
    if (!(k in this.values)) return;
    this.#at = k;
    this.#place();
    this.#card.voice.textContent = this.layer.getAttribute("aria-label");
  }

  #change(k, value) {
    this.#at = k;
    this.values[k] = value;
    this.#place();
    this.#tell();
  }

  /* The card draws, and keeps the address. */
  #tell() {
    this.#card.stop();
    this.#card.dragged = this.text;
    this.#card.show();
    this.#card.rest(true);
  }
}
