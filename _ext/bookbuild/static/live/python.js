/* The page's side of Python: start it, run a cell, call a function, stop.

   import { python } from "./python.js";
   await python.start();
   await python.run("print(6 * 7)", (event) => console.log(event));
*/

const TOO_OLD = "This browser cannot run Python in a page: it takes Chrome 137, Edge 137, "
  + "Firefox 131, Safari 18.4, or a newer one. The page reads as it does, and its notebook runs on "
  + "your machine.";
const FROM_DISK = "A page that is opened from a file may not start Python. In the folder of the "
  + "book run \u201cpython -m http.server\u201d, and open http://127.0.0.1:8000 instead.";

/* The smallest module with `try_table`, the youngest instruction that the engine has. */
const PROBE = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x1f, 0x40, 0, 0x0b, 0x0b,
);

/** Why this page cannot run Python, as a sentence; undefined if it can. */
export function refusal() {
  if (location.protocol === "file:") return FROM_DISK;
  const able = typeof DecompressionStream === "function" && WebAssembly?.validate(PROBE);
  return able ? undefined : TOO_OLD;
}

class Python extends EventTarget {
  state = "off"; // off, loading, ready, busy, failed
  size = 0; // bytes of Python's memory
  #worker;
  #engine; // the compiled module and its files, for the next start
  #image; // Python's memory before the run that goes on
  #starting;
  #last = Promise.resolve(); // the end of the queue
  #number = 0;
  #job; // what is under way: {number, hear, resolve, reject}

  /** Fetch and start Python, once; `progress` is told {done, total} in bytes. */
  start(progress = () => {}) {
    this.#starting ??= this.#start(progress).catch((error) => {
      this.#starting = undefined;
      this.#become("failed");
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

  /**
   * End what runs. The next run starts Python anew.
   * @returns {boolean} whether the state before what ran will be back
   */
  stop() {
    this.#worker?.terminate();
    this.#worker = this.#starting = undefined;
    const job = this.#job;
    this.#job = undefined;
    this.#become("off");
    job?.reject(new Stopped("stopped"));
    return this.#image !== undefined;
  }

  /** End Python, and forget all that has been run in it. */
  afresh() {
    this.#image = undefined;
    this.stop();
  }

  async #start(progress) {
    const why = refusal();
    if (why) throw new Error(why);
    this.#become("loading");
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    const hear = (message) => {
      if (message.kind === "progress") progress(message);
      else console.error(message.event.text); // Python says why it does not start
    };
    const what = { task: "start", engine: this.#engine, image: this.#image };
    const { engine, size } = await this.#send(what, hear);
    this.#engine = engine;
    this.size = size;
    this.#become("ready");
  }

  /* One after the other: each waits for the one before, however that ended. */
  #queued(what, hear) {
    const turn = this.#last.then(async () => {
      await this.start();
      this.#become("busy");
      try {
        const { size } = await this.#send(what, (message) => {
          if (message.kind === "image") this.#image = message.image;
          else if (message.kind === "event") hear(message.event);
        });
        this.size = size;
        this.#become("ready");
      } catch (error) {
        if (error instanceof Crashed) this.stop();
        throw error;
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  #send(what, hear) {
    const number = ++this.#number;
    return new Promise((resolve, reject) => {
      this.#job = { number, resolve, reject };
      this.#worker.onmessage = ({ data: message }) => {
        if (message.job !== number) return;
        if (message.kind === "done") resolve(message);
        else if (message.kind === "failed") {
          reject(message.crashed ? new Crashed(message.message) : new Error(message.message));
        } else hear(message);
      };
      this.#worker.onerror = () => reject(new Error("Python's worker could not be started."));
      this.#worker.postMessage({ number, ...what });
    });
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
