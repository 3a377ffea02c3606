/* The worker in which Python computes. It is told to start, to run a cell, to call a function; it
   posts what comes of it. A run that does not end is stopped by ending the worker. */

import { bytesOf, fetchAll, keepImage, keptImage, list, unpack, unzipped } from "./files.js";
import { Interpreter, compile, free } from "./interpreter.js";

const WARM = "import os, sys; sys.path.append('/book'); os.chdir('/book/chapters'); "
  + "import nnbook.live.warm";
const SEED = "import random, numpy; random.seed(); numpy.random.seed()"; // not as in the image
const RUN = (source) => `import nnbook.live.cell as _cell; _ = _cell.run(${JSON.stringify(source)})`;
const ASK = (...texts) => `import nnbook.live.cell as _cell; _ = _cell.ask(${texts.map(quoted)})`;
const KEPT_BELOW = 160 * 2 ** 20; // bytes of memory whose image, as large, is kept before a run
const SINGLE = 1000; // pieces of a run's text that are told one by one
const EVERY = 50; // ms from one telling of the others to the next

let python;
let job; // the number of what runs now

const quoted = (text) => JSON.stringify(text); // a string of JSON is one of Python, too
const post = (kind, what, transfer) => postMessage({ kind, job, ...what }, transfer);

/* What Python prints: at first as it comes, later in larger pieces, as a message for each of a
   million lines would drown the page. */
const printed = { name: "stdout", text: "", pieces: 0, told: 0 };

function write(name, text) {
  if (name !== printed.name) tell();
  printed.name = name;
  printed.text += text;
  printed.pieces += 1;
  if (printed.pieces < SINGLE || performance.now() - printed.told > EVERY) tell();
}

function tell() {
  const { name, text } = printed;
  if (text) post("event", { event: { kind: "stream", name, text } });
  printed.text = "";
  printed.told = performance.now();
}

function hear(bytes) {
  tell();
  post("event", { event: JSON.parse(new TextDecoder().decode(bytes)) });
}

const tasks = {
  /* A Python at rest. What it takes is handed over by the page, which had it before, or fetched. */
  async start({ engine, image }) {
    engine ??= await load();
    image ??= await keptImage(engine.parts);
    python = new Interpreter(engine.module, await read(engine.files), write, hear, image);
    python.turn(image ? SEED : WARM);
    if (!image) keepImage(engine.parts, python.memory);
    return { engine, size: python.size };
  },

  run({ source, keep, room }) {
    const isKept = keep && python.size <= KEPT_BELOW;
    const image = isKept ? python.image(room) : free(room);
    if (keep) post("image", { image }, image ? [image.buffer] : []);
    python.turn(RUN(source));
    return { size: python.size };
  },

  ask({ module, name, values }) {
    python.turn(ASK(module, name, JSON.stringify(values)));
    return { size: python.size };
  },
};

async function load() {
  const parts = await list();
  const total = Object.values(parts).reduce((sum, part) => sum + part.bytes, 0);
  const { interpreter, ...files } =
    await fetchAll(parts, (done) => post("progress", { done, total }));
  return { parts, files, module: await compile(unzipped(interpreter)) };
}

async function read(files) {
  const [library, fonts, book] =
    await Promise.all([files.library, files.fonts, files.book].map(bytesOf));
  return { library, fonts: unpack(fonts), book: unpack(book) };
}

onmessage = async ({ data: { task, number, ...what } }) => {
  job = number;
  printed.pieces = 0;
  try {
    const done = await tasks[task](what);
    tell();
    post("done", done);
  } catch (error) {
    tell();
    post("failed", { message: error.message });
  }
};
