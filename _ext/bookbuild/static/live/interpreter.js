/* One Python: an instance of the interpreter, which keeps its state from one turn to the next.
   Another engine would be another file with `compile` and this class. */

import { system } from "./wasi.js";

const STRAY = -2; // to Python: the host failed

/** @param {ReadableStream} bytes compiled as they come: they are nowhere as a whole */
export const compile = (bytes) => WebAssembly.compileStreaming(
  new Response(bytes, { headers: { "Content-Type": "application/wasm" } }));

/** Give an image's bytes back now: a page's garbage may lie for long, and each is as large as Python.
    What is sent to a port that is closed is nowhere any more. */
export function free(image) {
  if (!image) return;
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(null, [image.buffer]);
}

export class Interpreter {
  /**
   * @param {WebAssembly.Module} module
   * @param {Object} files as `system` takes them
   * @param {(name: string, text: string) => void} write told what is printed
   * @param {(bytes: Uint8Array) => void} hear told what Python says to `_host.call`
   * @param {Uint8Array} [image] the memory of an instance at rest, to go on from
   */
  constructor(module, files, write, hear, image) {
    const { imports, attach } = system(files, write);
    const call = (at, length, answerAt, answerLength) =>
      this.#called(hear, at >>> 0, length >>> 0, answerAt >>> 0, answerLength >>> 0);
    const instance = new WebAssembly.Instance(module, {
      wasi_snapshot_preview1: imports,
      host: { call },
    });
    attach(instance);
    this.exports = instance.exports;
    if (image) this.#restore(image);
    else this.exports._initialize();
  }

  /**
   * Run source code at the top level.
   * @throws {Error} if an exception ended it; Python has written it to stderr
   */
  turn(source) {
    const bytes = new TextEncoder().encode(source);
    const at = this.exports.host_alloc(bytes.length) >>> 0;
    this.memory.set(bytes, at);
    if (this.exports.turn(at, bytes.length)) throw new Error("Python could not run the page's code.");
  }

  /** Bytes of memory: it grows, and never shrinks. */
  get size() {
    return this.exports.memory.buffer.byteLength;
  }

  /** The memory. Between turns that is the whole state: nothing else changes. */
  get memory() {
    return new Uint8Array(this.exports.memory.buffer);
  }

  /** A copy of the memory; in the room of an earlier one, if that is as long. */
  image(room) {
    const { memory } = this;
    if (room?.length !== memory.length) {
      free(room);
      return memory.slice();
    }
    room.set(memory);
    return room;
  }

  #restore(image) {
    const { memory } = this.exports;
    const missing = image.length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(missing / 65536);
    this.memory.set(image);
    free(image);
  }

  /* Python called the host: it hears the bytes, and answers none. */
  #called(hear, at, length, answerAt, answerLength) {
    try {
      hear(this.memory.slice(at, at + length));
    } catch {
      return STRAY;
    }
    const view = new DataView(this.exports.memory.buffer);
    view.setUint32(answerAt, this.exports.host_alloc(0) >>> 0, true);
    view.setUint32(answerLength, 0, true);
    return 0;
  }
}
