/* Pictures as Python sends them: base64 of one byte a pixel, row by row. */

export function pack(bytes) {
  const parts = [];
  for (let k = 0; k < bytes.length; k += 8192) { // a call takes no more arguments than a stack holds
    parts.push(String.fromCharCode(...bytes.subarray(k, k + 8192)));
  }
  return btoa(parts.join(""));
}

export function unpack(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/* Shades of one colour, 0 to 255; or, with a second one, from −127 in that to 127 in the first. */
export function paint(canvas, text, colour, negative) {
  const bytes = unpack(text);
  const values = negative ? new Int8Array(bytes.buffer) : bytes;
  const most = negative ? 127 : 255;
  canvas.width = canvas.height = Math.sqrt(values.length);
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  values.forEach((value, k) => {
    image.data.set(value < 0 ? negative : colour, 4 * k);
    image.data[4 * k + 3] = (255 * Math.abs(value)) / most;
  });
  context.putImageData(image, 0, 0);
}

/* The colour of an element's text, as [red, green, blue]. */
export function colourOf(element) {
  return getComputedStyle(element).color.match(/[\d.]+/g).slice(0, 3).map(Number);
}
