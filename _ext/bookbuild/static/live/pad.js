/* A square to draw on, with finger, pen, mouse or keys. Its ink is the canvas's opacity, so that the
   colour can be the page's. */

export const SIDE = 280; // pixels of a drawing, whatever its size on the screen
const PEN = 22; // as wide as MNIST's pens, where a digit is as high as it can be
const STEP = 10; // of an arrow key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/* Events: "change" when there is other ink, "pen" (detail: whether it is down) when a key moves it
   up or down. */
export class Pad extends EventTarget {
  #canvas;
  #marker; // shows where the pen of the keyboard is
  #context;
  #pointer = null; // the one that draws
  #at = [SIDE / 2, SIDE / 3]; // where the pen is
  #down = false; // of the keyboard's pen
  #arrows = new Set(); // that are held: two make a diagonal

  constructor(canvas, marker) {
    super();
    this.#canvas = canvas;
    this.#marker = marker;
    canvas.width = canvas.height = SIDE;
    this.#context = canvas.getContext("2d", { willReadFrequently: true });
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => {
        if (event.pointerId === this.#pointer) this.#pointer = null;
      });
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("keyup", (event) => this.#arrows.delete(event.key));
    canvas.addEventListener("blur", () => {
      this.#arrows.clear();
      this.#lift();
    });
    this.#mark();
  }

  /* One byte for each pixel, row by row: 0 is paper. */
  get ink() {
    const { data } = this.#context.getImageData(0, 0, SIDE, SIDE);
    return Uint8Array.from({ length: SIDE * SIDE }, (_, k) => data[4 * k + 3]);
  }

  clear() {
    this.#context.clearRect(0, 0, SIDE, SIDE);
    this.dispatchEvent(new Event("change"));
  }

  /* Draw a small picture (a canvas) as large as the pad, each of its pixels a square. */
  put(picture) {
    this.#context.clearRect(0, 0, SIDE, SIDE);
    this.#context.imageSmoothingEnabled = false;
    this.#context.drawImage(picture, 0, 0, SIDE, SIDE);
    this.dispatchEvent(new Event("change"));
  }

  /* Give all ink the colour that the page has now. */
  recolour() {
    this.#context.globalCompositeOperation = "source-in";
    this.#context.fillStyle = getComputedStyle(this.#canvas).color;
    this.#context.fillRect(0, 0, SIDE, SIDE);
    this.#context.globalCompositeOperation = "source-over";
  }

  /* ---- Finger, pen, mouse ---- */

  #press(event) {
    if (this.#pointer !== null || event.button !== 0) return;
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#at = this.#place(event);
    this.#draw(this.#at);
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length ? between : [event]) this.#draw(this.#place(one));
  }

  #place({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * SIDE, ((clientY - box.top) / box.height) * SIDE];
  }

  /* A stroke from where the pen is; a dot if it stays. */
  #draw(to) {
    const context = this.#context;
    context.strokeStyle = getComputedStyle(this.#canvas).color;
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...this.#at);
    context.lineTo(to[0] + 0.01, to[1]); // a line without length would be no dot
    context.stroke();
    this.#at = to;
    this.#mark();
    this.dispatchEvent(new Event("change"));
  }

  /* ---- Keys ---- */

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in ARROWS) this.#arrow(event.key);
    else if (event.key === " ") this.#toggle(event.repeat);
    else if (event.key === "Escape") this.#lift();
    else return;
    event.preventDefault(); // the page stays where it is
  }

  #arrow(key) {
    this.#arrows.add(key);
    const to = [...this.#at];
    for (const arrow of this.#arrows) {
      for (const axis of [0, 1]) {
        const moved = to[axis] + STEP * ARROWS[arrow][axis];
        to[axis] = Math.min(SIDE - PEN / 2, Math.max(PEN / 2, moved));
      }
    }
    if (this.#down) return this.#draw(to);
    this.#at = to;
    this.#mark();
  }

  #toggle(isHeld) {
    if (isHeld) return;
    if (this.#down) return this.#lift();
    this.#setDown(true);
    this.#draw(this.#at);
  }

  #lift() {
    if (this.#down) this.#setDown(false);
  }

  #setDown(down) {
    this.#down = down;
    this.#marker.classList.toggle("nn-down", down);
    this.dispatchEvent(new CustomEvent("pen", { detail: down }));
  }

  #mark() {
    const [left, top] = this.#at.map((place) => `${(100 * place) / SIDE}%`);
    Object.assign(this.#marker.style, { left, top });
  }
}
