/* The page's cells can be run and changed. `page.js` puts a Run button at each; the first click
   loads this. What a reader changes is kept in the browser. */

import { Crashed, Stopped, python } from "./python.js";
import { Output, element } from "./output.js";
import { Kept } from "./kept.js";
import { save } from "./notebook.js";
import { show as explore } from "./explorers.js";

const SLOWER = 4; // than the machine that built the book, until this page has measured it
const LONG = 5; // seconds that a reader is told of before

export class Page {
  /**
   * @param {HTMLElement[]} boxes the page's cells, in order
   * @param {{source: string, needs: number[], seconds: number, refuses?: string}[]} facts what the
   *   build knows of them
   */
  constructor(boxes, facts) {
    this.kept = new Kept(location.pathname);
    this.slower = SLOWER;
    this.cells = boxes.map((box, k) => new Cell(this, box, facts[k], k));
    python.addEventListener("state", () => this.#follow());
  }

  /**
   * The reader wants to run code: every cell's buttons are stops for the keyboard, Python starts.
   * @param {HTMLElement} note where the page says so
   */
  async begin(note) {
    const [button, status] = note.children;
    const tools = {
      "Start Python afresh": () => { this.afresh(); status.textContent = "No cell has been run."; },
      "Save as a notebook": () => save(this, status),
      "Undo all changes": () => this.undoAll(),
    };
    button.replaceWith(...Object.entries(tools).map(([text, act]) => toolButton(text, act)));
    try {
      await this.start({ tell: (text) => (status.textContent = text) });
      status.textContent = "Python is ready. Run or edit any cell: Shift+Enter runs the one you edit.";
    } catch (error) {
      status.textContent = error.message;
    }
  }

  /** Run a cell, after those that it needs and that have not been run. */
  async run(cell) {
    if (cell.facts.refuses) return cell.tell(cell.facts.refuses);
    const waiting = cell.facts.needs.map((k) => this.cells[k]).filter((needed) => !needed.ran);
    this.running = cell;
    try {
      await this.start(cell);
      for (const [k, needed] of waiting.entries()) {
        cell.tell(`Running what this cell needs: ${k + 1} of ${waiting.length}\u2026`);
        if (!await needed.execute(cell)) {
          return cell.tell("A cell that this one needs ended with an error; its output says why.");
        }
      }
      await cell.execute();
    } catch (error) {
      this.#ended(cell, error);
    } finally {
      this.running = undefined;
    }
  }

  async start(cell) {
    const say = ({ done, total }) => cell.tell(
      `Fetching Python, once: ${megabytes(done)} of ${megabytes(total)} MB\u2026`);
    if (python.state !== "ready") cell.tell("Starting Python\u2026");
    await python.start(say);
  }

  /** A Python in which nothing has been run. */
  afresh() {
    python.afresh();
    this.forget();
  }

  undoAll() {
    for (const cell of this.cells) if (!cell.undoButton.hidden) cell.undo();
  }

  /** End what runs. */
  stop() {
    this.stateIsBack = python.stop();
    if (!this.stateIsBack) this.forget();
  }

  /** Python is, or will be, a fresh one: no cell has been run in it. */
  forget() {
    for (const cell of this.cells) cell.ran = false;
  }

  #ended(cell, error) {
    if (error instanceof Stopped) {
      cell.tell(this.stateIsBack
        ? "Stopped. Everything is as it was before this run."
        : "Stopped. Python starts afresh: cells run again as they are needed.");
    } else if (error instanceof Crashed) {
      this.forget();
      cell.tell("This cell asked for more memory or depth than a page has, which ended Python. "
        + "It starts afresh with the next run.");
    } else {
      cell.tell(error.message);
    }
  }

  #follow() {
    document.documentElement.dataset.python = python.state;
    for (const cell of this.cells) cell.enable(python.state !== "busy" || cell === this.running);
  }

  /** What a run has taken, against what it took when the book was built. */
  measured(seconds, expected) {
    if (expected > 0.2) this.slower = (this.slower + seconds / expected) / 2;
  }
}

class Cell {
  ran = false; // in the Python that is there, as its text stands

  constructor(page, box, facts, number) {
    Object.assign(this, { page, box, facts, number });
    this.input = box.querySelector(".cell_input");
    this.bar = box.querySelector(".nn-run");
    this.book = { output: box.querySelector(".cell_output") };
    this.#controls();
    const changed = page.kept.get(number);
    if (changed !== undefined && changed !== facts.source) this.edit(changed);
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
    this.stopButton = toolButton("Stop", () => this.page.stop());
    this.undoButton.hidden = this.stopButton.hidden = true;
    this.status = this.bar.querySelector("[role=status]");
    this.runButton.after(this.stopButton, this.editButton, this.undoButton);
    const long = this.expected();
    if (long > LONG) this.runButton.textContent = `Run (about ${Math.round(long)} s)`;
  }

  /** Seconds that a first run may take here, with all that it needs. */
  expected() {
    const own = [...this.facts.needs.map((k) => this.page.facts?.[k] ?? { seconds: 0 }), this.facts];
    return this.page.slower * own.reduce((sum, cell) => sum + (cell.seconds ?? 0), 0);
  }

  tell(text) {
    this.status.textContent = text;
  }

  enable(able) {
    this.runButton.disabled = !able;
  }

  /** Run this cell by itself; `asker`, if another cell needs it, is told nothing of its output. */
  async execute() {
    const place = element("div", "cell_output docutils container");
    const stored = this.source === this.facts.source ? this.box.querySelector("nn-explorer") : null;
    place.classList.toggle("nn-yours", !stored);
    const output = new Output(place, (where, explorer) => explore(where, explorer, stored));
    this.stopButton.hidden = false;
    const begin = performance.now();
    try {
      const { ok } = await python.run(this.source, (event) => {
        if (!place.isConnected) this.#replaceOutput(place); // the old one stays until there is a new
        output.hear(event);
      });
      if (!place.isConnected) this.#replaceOutput(place);
      const seconds = (performance.now() - begin) / 1000;
      this.page.measured(seconds, this.facts.seconds);
      this.ran = ok;
      this.tell(`${ok ? "Ran here" : "Ended with an error"}, ${seconds.toFixed(seconds < 10 ? 1 : 0)} s.`);
      return ok;
    } finally {
      this.stopButton.hidden = true;
    }
  }

  #replaceOutput(place) {
    const shown = this.yours ?? this.book.output;
    if (shown) shown.replaceWith(place);
    else this.input.after(place);
    this.yours = place;
    this.undoButton.hidden = false;
  }

  /** Open the editor on this text, the book's if none is given. */
  edit(text = this.source) {
    if (!this.editor) {
      const fold = this.input.closest("details");
      if (fold) fold.open = true;
      this.editor = editor(text, `Code of cell ${this.number + 1}`);
      this.editor.addEventListener("input", () => this.#changed());
      this.editor.addEventListener("keydown", (event) => this.#key(event));
      this.input.querySelector(".highlight").after(this.editor);
      this.input.classList.add("nn-editing");
      this.editButton.hidden = true;
      this.undoButton.hidden = false;
      fit(this.editor);
    }
    this.editor.focus({ preventScroll: true });
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
    this.page.kept.set(this.number, undefined);
    this.ran = false;
    this.editButton.hidden = false;
    this.undoButton.hidden = true;
    this.tell("The book's text and output.");
    this.runButton.focus();
  }

  #changed() {
    fit(this.editor);
    this.ran = false;
    const { value } = this.editor;
    this.page.kept.set(this.number, value === this.facts.source ? undefined : value);
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
