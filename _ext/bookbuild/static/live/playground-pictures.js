/* What the playground draws: the plane, the losses, the network. Canvases, as sharp as the screen.

   Class 0 is a blue circle, class 1 an orange triangle; what speaks for a class has its colour. All
   colours are the page's own, read again when the theme changes. */

const COLOURS = {
  paper: "--f-paper", ink: "--f-ink", axis: "--f-axis", soft: "--f-soft", line: "--nn-line",
  zero: "--f-1", one: "--f-2", training: "--f-3", validation: "--f-4",
};
const FULL = 0.6; // how much of its colour the surest answer has: points must stand out from it
const TALL = 10; // the highest loss that the curves' axis makes room for

export function decoded(text, Type) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Type(bytes.buffer);
}

export class Pictures {
  /* Three canvases inside of an element, whose colours and font they take. */
  constructor(element) {
    this.element = element;
    this.plane = element.querySelector(".nn-plane");
    this.curves = element.querySelector(".nn-curves");
    this.network = element.querySelector(".nn-network");
    this.sheet = document.createElement("canvas"); // one picture, a pixel for each value
    this.takeColours();
  }

  takeColours() {
    const probe = this.element.appendChild(document.createElement("span"));
    this.colours = {};
    for (const [name, variable] of Object.entries(COLOURS)) {
      probe.style.color = `var(${variable})`; // a variable holds both themes; a colour is one
      this.colours[name] = getComputedStyle(probe).color;
    }
    probe.remove();
    const parts = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
    const [paper, zero, one] = [this.colours.paper, this.colours.zero, this.colours.one].map(parts);
    this.shades = Uint32Array.from({ length: 256 }, (_, byte) => { // 0 blue, 128 paper, 255 orange
      const share = FULL * Math.min(1, Math.abs(byte - 128) / 127);
      const end = byte < 128 ? zero : one;
      const [r, g, b] = paper.map((value, k) => Math.round(value + share * (end[k] - value)));
      return (255 << 24) | (b << 16) | (g << 8) | r;
    });
  }

  draw(data, view, cross) {
    const logits = decoded(view.output, Float32Array);
    const answer = Uint8Array.from(logits, (z) => Math.round(1 + 254 / (1 + Math.exp(-z))));
    this.drawPlane(data, view.side, logits, answer, cross);
    this.drawCurves(view.curves);
    this.drawNetwork(view, answer);
  }

  /* ---- The plane: what the network answers everywhere, where it changes its mind, the points ---- */

  drawPlane({ window: [left, right, bottom, top], training, validation }, side, logits, answer, cross) {
    const { context, width, height } = sharp(this.plane);
    const place = ([x, y]) => [
      ((x - left) / (right - left)) * width,
      ((top - y) / (top - bottom)) * height,
    ];
    this.tile(context, answer, side, 0, 0, width, height);
    context.strokeStyle = this.colours.ink;
    context.lineWidth = 2;
    context.stroke(boundary(logits, side, width, height));
    for (const point of validation) this.mark(context, place(point), point[2], false);
    for (const point of training) this.mark(context, place(point), point[2], true);
    if (cross) this.cross(context, place(cross), width, height);
    this.plane.place = { left, right, bottom, top };
  }

  /* A point: filled if it is trained on, hollow if it is kept for validation. */
  mark(context, [x, y], label, filled) {
    const size = 4.5;
    context.beginPath();
    if (label === 0) {
      context.arc(x, y, size, 0, 2 * Math.PI);
    } else {
      context.moveTo(x, y - 1.3 * size);
      context.lineTo(x + 1.2 * size, y + 0.9 * size);
      context.lineTo(x - 1.2 * size, y + 0.9 * size);
      context.closePath();
    }
    const colour = label === 0 ? this.colours.zero : this.colours.one;
    context.lineWidth = filled ? 1 : 1.5;
    context.strokeStyle = filled ? this.colours.paper : colour;
    context.fillStyle = colour;
    if (filled) context.fill();
    context.stroke();
  }

  cross(context, [x, y], width, height) {
    context.strokeStyle = this.colours.ink;
    context.lineWidth = 1;
    context.setLineDash([4, 3]);
    context.strokeRect(-1, y, width + 2, 0);
    context.strokeRect(x, -1, 0, height + 2);
    context.setLineDash([]);
  }

  /* Values from the top left corner to the bottom right one, as a picture of this size: the outer
     values lie on the edges, so half of their pixels lies outside. */
  tile(context, bytes, side, x, y, width, height) {
    this.sheet.width = this.sheet.height = side;
    const image = new ImageData(side, side);
    const pixels = new Uint32Array(image.data.buffer);
    for (let k = 0; k < pixels.length; k++) pixels[k] = this.shades[bytes[k]];
    this.sheet.getContext("2d").putImageData(image, 0, 0);
    const source = [0.5, 0.5, side - 1, side - 1];
    context.imageSmoothingQuality = "high";
    context.drawImage(this.sheet, ...source, x, y, width, height);
  }

  /* ---- The losses, by epoch ---- */

  drawCurves({ epoch = [], loss = [], val_loss = [] }) {
    const { context, width, height } = sharp(this.curves);
    const box = { left: 34, right: width - 10, top: 26, bottom: height - 26 };
    const seen = [...loss, ...val_loss].filter((value) => value !== null);
    const high = Math.min(TALL, Math.max(0.75, ...seen));
    const last = Math.max(10, epoch.at(-1) ?? 0);
    const x = (k) => box.left + ((k - 1) / (last - 1)) * (box.right - box.left);
    const y = (value) => box.bottom - (value / high) * (box.bottom - box.top);
    this.axes(context, box, { x, y, high, last });
    context.save();
    context.beginPath();
    context.rect(box.left, box.top - 2, box.right - box.left + 2, box.bottom - box.top + 4);
    context.clip();
    this.curve(context, epoch, loss, x, y, this.colours.training, []);
    this.curve(context, epoch, val_loss, x, y, this.colours.validation, [6, 4]);
    context.restore();
    this.legend(context, box, val_loss.length > 0);
  }

  axes(context, box, { x, y, high, last }) {
    context.strokeStyle = this.colours.axis;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(box.left, box.top);
    context.lineTo(box.left, box.bottom);
    context.lineTo(box.right, box.bottom);
    context.stroke();
    context.fillStyle = this.colours.soft;
    context.font = font(this.curves, 13);
    context.textAlign = "right";
    context.textBaseline = "middle";
    const step = high > 5 ? 2 : high > 2 ? 1 : high > 1 ? 0.5 : 0.25;
    for (let value = 0; value <= high; value += step) {
      context.fillText(String(value), box.left - 5, y(value));
    }
    context.textBaseline = "top";
    context.fillText(`epoch ${last}`, x(last), box.bottom + 6);
    context.textAlign = "left";
    context.fillText("1", x(1), box.bottom + 6);
  }

  curve(context, epoch, values, x, y, colour, dashes) {
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.setLineDash(dashes);
    context.beginPath();
    values.forEach((value, k) => value !== null && context.lineTo(x(epoch[k]), y(value)));
    context.stroke();
    context.setLineDash([]);
  }

  legend(context, box, both) {
    context.font = font(this.curves, 13);
    context.textBaseline = "middle";
    context.textAlign = "left";
    let x = box.left;
    for (const [name, dashes] of both ? [["training", []], ["validation", [6, 4]]] : [["training", []]]) {
      context.strokeStyle = this.colours[name];
      context.lineWidth = 2;
      context.setLineDash(dashes);
      context.beginPath();
      context.moveTo(x, 10);
      context.lineTo(x + 20, 10);
      context.stroke();
      context.setLineDash([]);
      context.fillStyle = this.colours.ink;
      context.fillText(name, x + 25, 10);
      x += 37 + context.measureText(name).width;
    }
    context.fillStyle = this.colours.soft;
    context.textAlign = "right";
    context.fillText("loss", box.right, 10);
  }

  /* ---- The network: what every unit says over the plane, and the weights between them ---- */

  drawNetwork(view, answer) {
    const { context, width, height } = sharp(this.network);
    const sizes = [...view.weights.map((matrix) => matrix.length), 1];
    const units = decoded(view.units, Uint8Array);
    const room = Math.max(...sizes);
    const size = Math.min(64, (width / sizes.length) * 0.55, (height - 6) / room - 6);
    const centre = (layer, k) => [
      size / 2 + 2 + (layer / (sizes.length - 1)) * (width - size - 4),
      height / 2 + (k - (sizes[layer] - 1) / 2) * Math.min(size + 24, (height - size - 6) / Math.max(1, room - 1)),
    ];
    this.lines(context, view.weights, centre, size / 2);
    const pixels = view.side ** 2;
    let number = 0;
    sizes.forEach((count, layer) => {
      for (let k = 0; k < count; k++) {
        const [x, y] = centre(layer, k).map((at) => at - size / 2);
        if (layer === 0) {
          this.input(context, x, y, size, k);
          continue;
        }
        const start = pixels * number++;
        const out = layer === sizes.length - 1;
        const bytes = out ? answer : units.subarray(start, start + pixels);
        this.tile(context, bytes, view.side, x, y, size, size);
        context.strokeStyle = this.colours.axis;
        context.lineWidth = out ? 2 : 1;
        context.strokeRect(x, y, size, size);
      }
    });
  }

  input(context, x, y, size, k) {
    context.fillStyle = this.colours.paper;
    context.strokeStyle = this.colours.axis;
    context.lineWidth = 1;
    context.fillRect(x, y, size, size);
    context.strokeRect(x, y, size, size);
    context.fillStyle = this.colours.ink;
    context.font = font(this.network, Math.min(18, size / 2));
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(k === 0 ? "x₁" : "x₂", x + size / 2, y + size / 2);
  }

  /* As thick as the weight is large, beside the largest of them all; dashed where it is negative. */
  lines(context, weights, centre, half) {
    const largest = Math.max(1e-9, ...weights.flat(2).map(Math.abs));
    weights.forEach((matrix, layer) => matrix.forEach((row, from) => row.forEach((weight, to) => {
      const [[x0, y0], [x1, y1]] = [centre(layer, from), centre(layer + 1, to)];
      const [a, b] = [x0 + half, x1 - half];
      context.strokeStyle = weight < 0 ? this.colours.zero : this.colours.one;
      context.lineWidth = 0.5 + 5 * (Math.abs(weight) / largest);
      context.setLineDash(weight < 0 ? [5, 4] : []);
      context.beginPath();
      context.moveTo(a, y0);
      context.bezierCurveTo((a + b) / 2, y0, (a + b) / 2, y1, b, y1);
      context.stroke();
    })));
    context.setLineDash([]);
  }
}

/* A canvas with a pixel for each of the screen's, cleared, and its size in those of CSS. */
function sharp(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const [w, h] = [width, height].map((size) => Math.round(size * devicePixelRatio));
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d");
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

function font(canvas, size) {
  return `${size}px ${getComputedStyle(canvas).fontFamily}`;
}

/* The line where values on a grid are 0: in each cell, between the edges where the sign changes. */
function boundary(values, side, width, height) {
  const path = new Path2D();
  const [dx, dy] = [width / (side - 1), height / (side - 1)];
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
  for (let row = 0; row < side - 1; row++) {
    for (let column = 0; column < side - 1; column++) {
      const at = corners.map(([x, y]) => values[(row + y) * side + column + x]);
      let pen = false;
      corners.forEach(([x, y], k) => {
        const [a, b] = [at[k], at[(k + 1) % 4]];
        if (a < 0 === b < 0) return;
        const [x1, y1] = corners[(k + 1) % 4];
        const share = a / (a - b);
        const to = [(column + x + share * (x1 - x)) * dx, (row + y + share * (y1 - y)) * dy];
        pen ? path.lineTo(...to) : path.moveTo(...to);
        pen = !pen;
      });
    }
  }
  return path;
}
