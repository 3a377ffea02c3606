/* The files of the engine: fetched once with progress, checked, kept by the browser, unpacked. */

const CACHE = "nnlib-engine"; // as the browser's developer tools call it
const FOLDER = new URL("engine/", import.meta.url);
const BROKEN = "Python could not be fetched: the connection to this site is broken.";

/** What the build says of the engine's files, as the site has them now: name to {bytes, sha256}. */
export async function list() {
  const answer = await get(new URL("engine.json", FOLDER), "no-cache");
  return answer.json();
}

/**
 * Fetch the engine's files; those of an earlier version are forgotten.
 * @param {Object} parts what `list` answers
 * @param {(done: number) => void} progress told how many bytes have come
 * @returns {Promise<Object<string, Blob>>} the files as they came, for `unzipped`: browsers keep a
 *   blob outside of the page's memory
 */
export async function fetchAll(parts, progress) {
  const kept = await openCache();
  const addresses = Object.entries(parts).map(([name, part]) => [name, part, addressOf(name, part)]);
  let done = 0;
  const count = (bytes) => progress(done += bytes);
  const files = await Promise.all(addresses.map(async ([name, part, address]) =>
    [name, await one(address, part, kept, count)]));
  const wanted = [...addresses.map(([, , address]) => address), imageAddress(parts)];
  for (const { url } of await kept?.keys() ?? []) {
    if (url.startsWith(FOLDER.href) && !wanted.includes(url)) kept.delete(url);
  }
  return Object.fromEntries(files);
}

/** The memory of a Python at rest that was kept at an earlier visit; undefined if there is none. */
export async function keptImage(parts) {
  const known = await (await openCache())?.match(imageAddress(parts));
  return known && bytesOf(await known.blob());
}

/** Keep it for later visits: to start from it is quicker than to import everything again. */
export async function keepImage(parts, memory) {
  const stream = new Blob([memory]).stream().pipeThrough(new CompressionStream("gzip"));
  await put(await openCache(), imageAddress(parts), await new Response(stream).blob());
}

function addressOf(name, part) {
  return new URL(`${name}.bin?v=${part.sha256.slice(0, 12)}`, FOLDER).href;
}

function imageAddress(parts) {
  const versions = Object.values(parts).map((part) => part.sha256.slice(0, 8)).join("");
  return new URL(`image?v=${versions}`, FOLDER).href;
}

async function one(address, part, kept, count) {
  const known = await kept?.match(address);
  if (known) {
    const blob = await known.blob();
    count(part.bytes);
    return blob;
  }
  for (const cache of ["default", "reload"]) { // what the browser has kept may be damaged
    const blob = await download(address, cache, count);
    if (await isWhole(blob, part)) {
      await put(kept, address, blob);
      return blob;
    }
    count(-blob.size);
  }
  const name = new URL(address).pathname.split("/").at(-1);
  throw new Error(`Python could not be started: ${name} arrived damaged, twice.`);
}

async function download(address, cache, count) {
  const answer = await get(address, cache);
  const chunks = [];
  try {
    for (const reader = answer.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      count(value.length);
    }
  } catch {
    throw new Error(BROKEN);
  }
  return new Blob(chunks);
}

async function get(address, cache) {
  let answer;
  try {
    answer = await fetch(address, { cache });
  } catch {
    throw new Error(BROKEN);
  }
  if (!answer.ok) {
    const name = new URL(address).pathname.split("/").at(-1);
    throw new Error(`Python could not be fetched: this site has no ${name} (${answer.status}).`);
  }
  return answer;
}

/* What is not as the build made it would compute anything. Browsers compute digests on secure
   origins only; elsewhere the length and the sum that gzip keeps must do. */
async function isWhole(blob, part) {
  if (blob.size !== part.bytes) return false;
  if (!globalThis.crypto?.subtle) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === part.sha256;
}

/** A packed file as a stream of the bytes that were packed. */
export function unzipped(blob) {
  return blob.stream().pipeThrough(new DecompressionStream("gzip"));
}

export async function bytesOf(blob) {
  return new Uint8Array(await new Response(unzipped(blob)).arrayBuffer());
}

/* ---- The browser's store: there on secure origins, and not where a reader forbids it ---- */

async function openCache() {
  return globalThis.caches?.open(CACHE).catch(() => undefined);
}

async function put(kept, address, blob) {
  await kept?.put(address, new Response(blob)).catch(() => {}); // no room: fetched again next time
}

/** Many small files from one: a line of JSON with names and lengths, then their bytes. */
export function unpack(bytes) {
  const end = bytes.indexOf(10);
  const lengths = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  const files = {};
  let at = end + 1;
  for (const [name, length] of Object.entries(lengths)) {
    files[name] = bytes.subarray(at, at += length);
  }
  return files;
}
