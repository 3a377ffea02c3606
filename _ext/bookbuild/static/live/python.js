/* The page's side of Python: start it, run a cell, call a function, stop.

   import { python } from "./python.js";
   await python.start();
   await python.run("print(6 * 7)", (event) => console.log(event));
*/

const TOO_OLD = "This browser cannot run Python in a page: it takes Chrome 137, Edge 137, "
  + "Firefox 131, Safari 18.4, or a newer one. The page reads as it does, and its notebook runs on "
  + "your machine.";
const FORBIDDEN = "The policy of the host of this site allows no Python in a page: it takes "
  + "'wasm-unsafe-eval'. The page reads as it does, and its notebook runs on your machine.";
const ENDED = "Python ended: this asked for more memory, or for deeper calls, than a page has.";

/* The smallest module with `try_table`, the youngest instruction that the engine has. */
const PROBE = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x1f, 0x40, 0, 0x0b, 0x0b,
);

function isAble() {
  return typeof DecompressionStream === "function" && globalThis.WebAssembly?.validate(PROBE);
}

function isAllowed() {
  try {
    return Boolean(new WebAssembly.Module(PROBE));
  } catch {
    return false; // by a Content-Security-Policy
  }
}

class Python extends EventTarget {
  state = "off"; // off, loading, ready, busy, failed
  size = 0; // bytes of Python's memory
  #worker;
  #engine; // the compiled module and its files, for the next start
  #image; // Python's memory before what runs, or before what was stopped
  #room; // of the image before, to write the next one into: each is as large as Python
  #starting;
  #last = Promise.resolve(); // the end of the queue
  #number = 0;
  #job; // what is under way: {number, hear, resolve, reject}

  /** Fetch and start Python, once; `progress` is told {done, total} in bytes. */
  start(progress = () => {}) {
    this.#starting ??= this.#start(progress).catch((error) => {
      if (!(error instanceof Stopped)) this.#end("failed");
      throw error;
    });
    return this.#starting;
  }

  /**
   * Run a cell; `hear` is told the events while it runs.
   * @returns {Promise<{ok: boolean}>}
   */
  run(source, hear = () => {}) {
    let ok = true;
    const listen = (event) => {
      if (event.kind === "error") ok = false;
      hear(event);
    };
    return this.#queued({ task: "run", source, keep: true }, listen).then(() => ({ ok }));
  }

  /** Call a function of one of the book's modules with named arguments; its value. */
  async ask(module, name, values = {}) {
    let answer, error;
    const listen = (event) => {
      if (event.kind === "value") answer = event.value;
      if (event.kind === "error") error = new Error(event.message, { cause: event.traceback });
    };
    await this.#queued({ task: "ask", module, name, values }, listen);
    if (error) throw error;
    return answer;
  }

  /** End what runs. The next run starts Python anew. */
  stop() {
    const job = this.#job;
    this.#end("off");
    job?.reject(new Stopped("stopped"));
  }

  /** Whether the Python that starts next has what was there before the run that was stopped. */
  get goesOn() {
    return this.#image !== undefined;
  }

  /** End Python, and forget all that has been run in it. */
  afresh() {
    this.#image = undefined;
    this.stop();
  }

  async #start(progress) {
    if (!isAble()) throw new Error(TOO_OLD);
    if (!isAllowed()) throw new Error(FORBIDDEN);
    this.#become("loading");
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    const hear = (message) => {
      if (message.kind === "progress") progress(message);
      else console.error(message.event.text); // Python says why it does not start
    };
    const what = { task: "start", engine: this.#engine, image: this.#image };
    this.#image = undefined;
    const { engine, size } = await this.#send(what, hear, what.image ? [what.image.buffer] : []);
    this.#engine = engine;
    this.size = size;
    this.#become("ready");
  }

  /* One after the other: each waits for the one before, however that ended. */
  #queued(what, hear) {
    const turn = this.#last.then(async () => {
      await this.start();
      const isRun = what.task === "run";
      if (isRun) this.#become("busy"); // a question is answered at once
      const room = isRun ? this.#room : undefined;
      if (isRun) this.#room = undefined; // it goes to the worker, and comes back with an image
      try {
        const { size } = await this.#send({ ...what, room }, (message) => {
          if (message.kind === "image") this.#image = message.image;
          else if (message.kind === "event") hear(message.event);
        }, room ? [room.buffer] : []);
        this.size = size;
        if (isRun) this.#room = this.#image;
        this.#image = undefined;
        if (isRun) this.#become("ready");
      } catch (error) {
        if (error instanceof Crashed) this.#end("off");
        throw error;
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  #send(what, hear, transfer = []) {
    const number = ++this.#number;
    return new Promise((resolve, reject) => {
      this.#job = { number, resolve, reject };
      this.#worker.onmessage = ({ data: message }) => {
        if (message.job !== number) return;
        if (message.kind === "done") resolve(message);
        else if (message.kind === "failed") {
          reject(what.task === "start" ? new Error(message.message) : new Crashed(ENDED));
        } else hear(message);
      };
      this.#worker.onerror = () => reject(
        what.task === "start" ? new Error("Python's worker could not be started.") : new Crashed(ENDED),
      );
      this.#worker.postMessage({ number, ...what }, transfer);
    });
  }

  #end(state) {
    this.#worker?.terminate();
    this.#worker = this.#starting = this.#job = undefined;
    this.#become(state);
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

/** What ran was stopped by the reader. */
export class Stopped extends Error {}

/** Python itself ended: its memory was full, or a call too deep. */
export class Crashed extends Error {}

export const python = new Python();
