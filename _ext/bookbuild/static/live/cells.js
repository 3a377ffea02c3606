/* The page's cells can be run and changed. `page.js` puts a Run button at each; the first click
   loads this. What a reader changes is kept in the browser. */

import { Stopped, python } from "./python.js";
import { Output, element, explorerOf } from "./output.js";
import { Kept } from "./kept.js";
import { save } from "./notebook.js";
import { enliven, show as explore, still } from "./explorers.js";

export class Page {
  /**
   * @param {HTMLElement[]} boxes the page's cells, in order
   * @param {{source: string, needs: number[], seconds: number, refuses?: string}[]} facts what the
   *   build knows of them
   * @param {string} key under which the browser keeps what is typed
   * @param {number} long seconds that a reader is told of before
   */
  constructor(boxes, facts, key, long) {
    this.kept = new Kept(key);
    this.long = long;
    this.slower = 1; // what runs take here, against what the build expects of a page
    this.history = []; // the cells that have been run in the Python that is there, in order
    this.cells = boxes.map((box, k) => new Cell(this, box, facts[k], k));
    python.addEventListener("state", () => this.#follow());
    this.#refresh();
  }

  /**
   * The reader wants to run code: every cell's buttons are stops for the keyboard, Python starts.
   * @param {HTMLElement} note where the page says so
   */
  async begin(note) {
    const [button, status] = note.children;
    const tools = {
      "Start Python afresh": () => { python.afresh(); status.textContent = "No cell has been run."; },
      "Save as a notebook": () => save(this, status),
      "Undo all changes": () => this.undoAll(),
    };
    try {
      await this.start({ tell: (text) => (status.textContent = text) });
    } catch (error) {
      status.textContent = error.message;
      return;
    }
    if (!button.isConnected) return; // it was clicked twice
    const made = Object.entries(tools).map(([text, act]) => toolButton(text, act));
    const focused = document.activeElement === button;
    button.replaceWith(...made);
    if (focused) made[0].focus();
    status.textContent = "Python is ready. Run or edit any cell: Shift+Enter runs the one you edit.";
  }

  /** Run a cell, after those that it needs and that have not been run. */
  async run(cell) {
    if (cell.facts.refuses) return cell.tell(cell.facts.refuses);
    if (this.running) {
      const number = this.running.number + 1;
      return cell.tell(`Cell ${number} is running: this one can run when it has ended or is stopped.`);
    }
    this.running = cell;
    this.#refresh();
    try {
      await this.start(cell);
      cell.stopButton.hidden = false;
      const waiting = this.waiting(cell);
      for (const [k, needed] of waiting.entries()) {
        cell.tell(`Running what this cell needs: ${k + 1} of ${waiting.length}\u2026`);
        if (!await needed.execute()) {
          const { number } = needed;
          return cell.tell(`Cell ${number + 1}, which this one needs, ended with an error.`);
        }
      }
      cell.tell("Running\u2026");
      await cell.execute();
    } catch (error) {
      cell.tell(this.#told(error));
    } finally {
      if (cell.stopButton === document.activeElement) cell.runButton.focus();
      cell.stopButton.hidden = true;
      this.running = undefined;
      this.#refresh();
    }
  }

  /**
   * The cells to run before this one, so that it finds what it finds in the book: those of its slice
   * that have not been run. All of its slice, if what has been run was run in another order.
   */
  waiting(cell) {
    const slice = cell.facts.needs.map((k) => this.cells[k]);
    const waiting = slice.filter((needed) => !needed.ran);
    return this.#isInOrder(cell, slice) ? waiting : slice;
  }

  /* Whether what is there of a slice, and all that was run since, comes before what is still to run. */
  #isInOrder(cell, slice) {
    const next = slice.find((needed) => !needed.ran) ?? cell;
    return slice.every((needed) => {
      if (!needed.ran) return !this.history.includes(needed);
      const since = this.history.slice(this.history.lastIndexOf(needed) + 1);
      return needed.number < next.number
        && since.every(({ number }) => needed.number < number && number <= next.number);
    });
  }

  async start(cell) {
    const say = ({ done, total }) => cell.tell(
      `Fetching Python, once: ${megabytes(done)} of ${megabytes(total)} MB\u2026`);
    if (!["ready", "busy"].includes(python.state)) cell.tell("Starting Python\u2026");
    await python.start(say);
  }

  undoAll() {
    for (const cell of this.cells) if (!cell.undoButton.hidden) cell.undo();
  }

  /* What a reader is told of a run that did not come to its end. */
  #told(error) {
    if (python.state === "failed") return error.message;
    const ended = error instanceof Stopped ? "Stopped." : error.message;
    return `${ended} ${python.goesOn
      ? "Everything is as it was before this run."
      : "Python starts afresh: cells run again as they are needed."}`;
  }

  #follow() {
    const { state } = python;
    document.documentElement.dataset.python = state;
    if (["off", "failed"].includes(state) && !python.goesOn) this.#forget();
  }

  /* The next Python is a fresh one: no cell has been run in it. */
  #forget() {
    this.history = [];
    for (const cell of this.cells) cell.forget();
    this.#refresh();
  }

  #refresh() {
    for (const cell of this.cells) cell.refresh(!this.running || this.running === cell);
  }

  /** What a run has taken, against what the build expects. */
  measured(seconds, expected) {
    if (expected > 1) this.slower = (this.slower + seconds / expected) / 2;
  }

  /** A cell has another text: what has been run with the old one is no longer what its text gives. */
  changed(cell) {
    for (const other of this.cells) {
      if (other === cell || other.facts.needs.includes(cell.number)) other.ran = false;
    }
    this.#refresh();
  }
}

class Cell {
  ran = false; // in the Python that is there, as its text stands

  constructor(page, box, facts, number) {
    Object.assign(this, { page, box, facts, number });
    this.input = box.querySelector(".cell_input");
    this.bar = box.querySelector(".nn-run");
    this.book = {
      output: box.querySelector(".cell_output"), card: box.querySelector("nn-explorer"),
    };
    this.#controls();
    const typed = page.kept.get(number, facts.source);
    if (typed !== undefined) this.#open(typed);
  }

  /** The text as it stands. */
  get source() {
    return this.editor ? this.editor.value : this.facts.source;
  }

  #controls() {
    this.bar.classList.add("nn-awake");
    this.runButton = this.bar.querySelector("button");
    this.runButton.tabIndex = 0;
    this.editButton = toolButton("Edit", () => this.edit());
    this.undoButton = toolButton("Undo", () => this.undo());
    this.stopButton = toolButton("Stop", () => python.stop());
    this.undoButton.hidden = this.stopButton.hidden = true;
    this.status = this.bar.querySelector("[role=status]");
    this.runButton.after(this.stopButton, this.editButton, this.undoButton);
  }

  /** Seconds that a run may take here, with all that has to be run before. */
  expected() {
    const runs = [...this.page.waiting(this), this];
    return this.page.slower * runs.reduce((sum, { facts }) => sum + (facts.seconds ?? 0), 0);
  }

  tell(text) {
    this.status.textContent = text;
    if (this.explorer) this.explorer.textContent = text; // a reader may have asked from there
  }

  forget() {
    this.ran = false;
    for (const card of [this.book.card, this.yours?.querySelector("nn-explorer")]) still(card);
  }

  /** The Run button as things stand. */
  refresh(able) {
    const seconds = this.facts.refuses ? 0 : this.expected();
    const isLong = seconds > this.page.long;
    this.runButton.textContent = isLong ? `Run (about ${Math.round(seconds)} s here)` : "Run";
    this.runButton.disabled = !able;
  }

  /** Run this cell by itself. */
  async execute() {
    const place = element("div", "cell_output docutils container");
    const stored = this.source === this.facts.source ? this.book.card : null;
    place.classList.add("nn-yours");
    const output = new Output(place, explore);
    let isShown = false; // by the book's own card, which stays where it is
    const begin = performance.now();
    const { ok } = await python.run(this.source, (event) => {
      const explorer = stored?.isConnected && explorerOf(event);
      if (explorer) return (isShown = enliven(stored, explorer));
      if (!place.isConnected) this.#replaceOutput(place); // the old one stays until there is a new
      output.hear(event);
    });
    if (!place.isConnected && !isShown) this.#replaceOutput(place);
    const seconds = (performance.now() - begin) / 1000;
    if (ok) this.page.measured(seconds, this.facts.seconds);
    this.page.history.push(this);
    this.ran = ok;
    this.tell(`${ok ? "Ran here" : "Ended with an error"}, ${seconds.toFixed(seconds < 10 ? 1 : 0)} s.`);
    return ok;
  }

  #replaceOutput(place) {
    const shown = this.yours ?? this.book.output;
    if (shown) shown.replaceWith(place);
    else this.input.after(place);
    this.yours = place;
    this.undoButton.hidden = false;
  }

  /** Open the editor. */
  edit() {
    const fold = this.input.closest("details");
    if (fold) fold.open = true;
    this.#open(this.source);
    this.editor.focus({ preventScroll: true });
  }

  #open(text) {
    this.editor = editor(text, `Code of cell ${this.number + 1}`);
    this.editor.addEventListener("input", () => this.#changed());
    this.editor.addEventListener("keydown", (event) => this.#key(event));
    this.bar.before(this.editor);
    this.input.classList.add("nn-editing");
    this.editButton.hidden = true;
    this.undoButton.hidden = false;
    fit(this.editor);
  }

  /** The book's text and output again. */
  undo() {
    this.editor?.remove();
    this.editor = undefined;
    this.input.classList.remove("nn-editing");
    if (this.yours) {
      if (this.book.output) this.yours.replaceWith(this.book.output);
      else this.yours.remove();
      this.yours = undefined;
    }
    this.page.kept.set(this.number, this.facts.source, this.facts.source);
    this.forget();
    this.page.changed(this);
    this.editButton.hidden = false;
    this.undoButton.hidden = true;
    this.tell("The book's text and output.");
    this.runButton.focus();
  }

  #changed() {
    fit(this.editor);
    this.page.changed(this);
    this.page.kept.set(this.number, this.facts.source, this.editor.value);
  }

  #key(event) {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.page.run(this);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const { value, selectionStart } = this.editor;
      const line = value.slice(0, selectionStart).split("\n").at(-1);
      const deeper = /:\s*(#.*)?$/.test(line) ? "    " : "";
      document.execCommand("insertText", false, `\n${line.match(/^ */)[0]}${deeper}`);
    } else if (event.key === "Escape") {
      this.runButton.focus();
    }
  }
}

function toolButton(text, act) {
  const made = element("button", "nn-button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function editor(text, label) {
  const made = element("textarea", "nn-editor");
  made.value = text;
  made.spellcheck = false;
  made.autocapitalize = "off";
  made.autocomplete = "off";
  made.wrap = "off";
  made.setAttribute("aria-label", label);
  return made;
}

function fit(area) {
  area.rows = Math.max(2, area.value.split("\n").length);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}
