/* What Python asks of a system, as far as a page has one: files in memory, two streams, a clock. */

import { Directory, Fd, File, OpenFile, PreopenDirectory, WASI, wasi } from "./shim/index.js";

const LIBRARY = "/usr/local/lib";
const ENVIRONMENT = {
  HOME: "/tmp",
  TMPDIR: "/tmp",
  MPLCONFIGDIR: "/tmp/matplotlib",
  MPLBACKEND: "agg",
  NNLIB_EXPLORERS: "live",
};
const EVERYTHING = 0x1fffffffn; // all rights there are

/** A stream that Python writes to; `write` is told what, as text. */
class Stream extends Fd {
  constructor(write) {
    super();
    this.write = write;
    this.decoder = new TextDecoder(); // a letter's bytes may come in two pieces
  }
  fd_filestat_get() {
    return { ret: 0, filestat: new wasi.Filestat(0n, wasi.FILETYPE_CHARACTER_DEVICE, 0n) };
  }
  fd_fdstat_get() {
    return { ret: 0, fdstat: new wasi.Fdstat(wasi.FILETYPE_CHARACTER_DEVICE, 0) };
  }
  fd_write(bytes) {
    this.write(this.decoder.decode(bytes.slice(), { stream: true }));
    return { ret: 0, nwritten: bytes.byteLength };
  }
}

function readOnly(bytes) {
  return new File(bytes, { readonly: true });
}

/** {"a/b.py": bytes} as nested folders. */
function tree(files) {
  const root = new Map();
  for (const [path, bytes] of Object.entries(files)) {
    const parts = path.split("/");
    let folder = root;
    for (const name of parts.slice(0, -1)) {
      if (!folder.has(name)) folder.set(name, new Directory(new Map()));
      folder = folder.get(name).contents;
    }
    folder.set(parts.at(-1), readOnly(bytes));
  }
  return root;
}

function folders(...names) {
  return new Map(names.map((path) => {
    const [first, ...rest] = path.split("/");
    return [first, new Directory(rest.length ? folders(rest.join("/")) : new Map())];
  }));
}

/**
 * The functions that the interpreter imports.
 * @param {Object} files {library: bytes, fonts: {path: bytes}, book: {path: bytes}}
 * @param {(name: string, text: string) => void} write told what is written to stdout and stderr
 * @returns {{imports: Object, attach: (instance) => void}}
 */
export function system({ library, fonts, book }, write) {
  const archive = `${LIBRARY}/python315.zip`;
  const open = [ // the more special folder first: a path is looked up in the first that begins it
    new OpenFile(new File([])),
    new Stream((text) => write("stdout", text)),
    new Stream((text) => write("stderr", text)),
    new PreopenDirectory(LIBRARY, new Map([["python315.zip", readOnly(library)]])),
    new PreopenDirectory(`${archive}/matplotlib/mpl-data`, tree(fonts)),
    new PreopenDirectory("/book", tree(book)),
    new PreopenDirectory("/", folders("tmp", LIBRARY.slice(1))),
  ];
  const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  const shim = new WASI(["python"], environment, open, { debug: false });
  const view = () => new DataView(shim.inst.exports.memory.buffer);
  const imports = {
    ...shim.wasiImport,
    sched_yield: () => 0,
    fd_fdstat_get(descriptor, at) { // Python asks for rights before it writes
      const failure = shim.wasiImport.fd_fdstat_get(descriptor, at);
      if (failure === 0) {
        view().setBigUint64(at + 8, EVERYTHING, true);
        view().setBigUint64(at + 16, EVERYTHING, true);
      }
      return failure;
    },
    poll_oneoff(subscriptions, events, count, written) {
      return sleep(view(), subscriptions, events, count, written);
    },
  };
  return { imports, attach: (instance) => { shim.inst = instance; } };
}

/* Python sleeps by waiting for a clock. A worker can only wait busily; whatever else it waits for
   is there. The numbers are offsets in the records of wasi_snapshot_preview1. */
function sleep(view, subscriptions, events, count, written) {
  let until = 0;
  for (let k = 0; k < count; k++) {
    const from = subscriptions + 48 * k, to = events + 32 * k;
    const kind = view.getUint8(from + 8);
    view.setBigUint64(to, view.getBigUint64(from, true), true);
    view.setUint16(to + 8, 0, true);
    view.setUint8(to + 10, kind);
    const nanoseconds = kind === 0 ? view.getBigUint64(from + 24, true) : 0n;
    until = Math.max(until, Number(nanoseconds) / 1e6);
  }
  const end = performance.now() + until;
  while (performance.now() < end);
  view.setUint32(written, count, true);
  return 0;
}
