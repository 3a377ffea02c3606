/* A Run button at each cell. What it takes to run one is loaded by the first click, not before. */
(() => {
  "use strict";
  const boxes = [...document.querySelectorAll("div.cell[data-cell]")];
  const hasPython = document.querySelector("meta[name=nn-engine]");
  if (!hasPython || !boxes.length) return;

  const base = new URL("live/", document.currentScript.src);
  const named = document.querySelector("meta[name=nn-page]").content;
  const FROM_DISK = "A page that is opened from a file may not start Python. In the folder of the "
    + "book run \u201cpython -m http.server\u201d, and open http://127.0.0.1:8000 instead.";

  const LONG = 5; // seconds that a reader is told of before
  const key = `nnlib cells ${location.pathname}`; // under which the browser keeps what is typed
  let page; // of live/cells.js, once it is asked for
  function wake(say) {
    page ??= load().catch((error) => {
      page = undefined;
      throw error;
    });
    return page.catch((error) => say(error.message));
  }
  async function load() {
    if (location.protocol === "file:") throw new Error(FROM_DISK);
    const { Page } = await import(new URL("cells.js", base));
    const answer = await fetch(new URL(`cells/${named}.json`, base), { cache: "no-cache" });
    if (!answer.ok) throw new Error(`This site has no list of this page's cells (${answer.status}).`);
    return new Page(boxes, (await answer.json()).cells, key, LONG);
  }
  function hasKept() {
    try {
      return localStorage.getItem(key) !== null;
    } catch { // storage is forbidden
      return false;
    }
  }

  function bar(box) {
    const number = boxes.indexOf(box);
    const made = document.createElement("div");
    made.className = "nn-run";
    made.setAttribute("role", "group");
    made.setAttribute("aria-label", `Cell ${number + 1}`);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "nn-button";
    button.textContent = "Run";
    button.tabIndex = -1; // a hundred stops on the way down a page, for who has not asked for them
    const status = document.createElement("span");
    status.setAttribute("role", "status");
    made.append(button, status);
    button.addEventListener("click", async () => {
      const awake = await wake((text) => (status.textContent = text));
      awake?.run(awake.cells[number]);
    });
    return made;
  }
  /* A button in the card of an explorer that Python draws for settings between the stored ones. */
  function bridge(box, card) {
    const share = card.querySelector(".nn-share");
    const values = card.querySelector("[data-free]") ? "take any value" : "";
    const { drag: name, kind } = card.dataset; // of what can be dragged
    const drag = name ? `${kind === "pixels" ? "change" : "drag"} the ${name}` : "";
    if (!share || !(values || drag)) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "nn-enliven";
    const what = [drag, values].filter(Boolean).join(", or ");
    const { seconds } = box.dataset; // with all that the cell needs
    const long = seconds > LONG ? ` (about ${Math.round(seconds)} s)` : "";
    button.textContent = `Run Python to ${what}${long}`;
    const status = document.createElement("span");
    status.className = "nn-status";
    status.setAttribute("role", "status");
    share.append(button);
    share.after(status);
    button.addEventListener("click", async () => {
      const awake = await wake((text) => (status.textContent = text));
      if (!awake) return;
      const cell = awake.cells[boxes.indexOf(box)];
      cell.explorer = status;
      await awake.run(cell);
      if (!card.live) return;
      card.begin(); // the focus, as the button is gone
      const can = [drag && `${drag} in the picture`, values && "let a slider take any value"];
      status.textContent = `Live: ${can.filter(Boolean).join(", ")}.`;
    });
  }
  for (const box of boxes) {
    const card = box.querySelector("nn-explorer");
    if (card) bridge(box, card);
  }
  for (const box of boxes) box.querySelector(".cell_input").append(bar(box));

  /* The one stop for the keyboard: it makes the others stops, too. */
  const note = document.querySelector(".nn-live");
  const [button, status] = note.children;
  button.addEventListener("click", async () => {
    const awake = await wake((text) => (status.textContent = text));
    awake?.begin(note);
  });
  if (hasKept()) wake(() => {}); // what was typed at an earlier visit is there again
})();
