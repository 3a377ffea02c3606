/* <nn-explorer>: a picture that answers its controls.

   The page holds everything that is seen at first: picture, sentence, native controls. This script
   makes them answer. All frames of an explorer are in one file, which calls nnFrames(id, frames): a
   list in the order of the controls' values, the last control fastest. A frame is a list, too: what
   is inside of each panel, then the sentence. The file is a script, as fetch needs a server.

   Where Python runs in the page, live/explorers.js gives the card a "live": it draws what no frame
   is stored for, values between those that a slider offers and what a reader drags in the picture. */
(() => {
  "use strict";
  const NEAR = "600px 0px"; // how far from the screen an explorer fetches its frames
  const REST = 400; // ms without a move, then the sentence is spoken and the address kept
  const STEP = 450; // ms a frame stays when it plays

  const waiting = new Map();
  window.nnFrames = (id, frames) => waiting.get(id)?.(frames);

  /* ---- Addresses: #id?name=value&name=value, holding only what differs from the start ---- */

  const page = (url) => url.split("#")[0];
  const cards = () => [...document.querySelectorAll("nn-explorer")].filter((card) => card.controls);

  function parse(hash) {
    const at = `${hash}?`.indexOf("?");
    return { id: hash.slice(1, at), query: hash.slice(at + 1) };
  }

  /* An entry of the history holds the settings of all explorers, as an address has room for one. */
  function write(method, hash) {
    const settings = Object.fromEntries(cards().map((card) => [card.id, card.query]));
    try {
      history[method]({ ...history.state, explorers: settings }, "", hash);
    } catch {
      // a page inside a sandbox has no history: nothing to keep, all else works
    }
  }

  /* Back, forward, or an address typed or followed. What it doesn't name stays as it is. */
  function arrive() {
    const settings = history.state?.explorers;
    const { id, query } = parse(location.hash);
    for (const card of cards()) {
      if (settings) card.set(settings[card.id] ?? "");
      else if (card.id === id) card.set(query);
    }
  }

  /* Links to a setting, in a card or in the text around it. */
  function follow(event) {
    const link = event.target.closest?.("a[href*='#']");
    const newTab = event.button || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!link || newTab || page(link.href) !== page(location.href)) return;
    const { id, query } = parse(link.hash);
    const card = document.getElementById(id);
    if (!query || !card?.controls) return;
    event.preventDefault();
    write("replaceState"); // what Back returns to
    card.set(query);
    write("pushState", card.address);
    if (!card.contains(link)) card.scrollIntoView({ block: "nearest" });
  }

  /* ---- One control: a range with a menu of its values, a menu, or radio buttons ---- */

  class Control {
    constructor(box) {
      this.box = box;
      this.name = box.dataset.name;
      this.label = box.querySelector("legend, label").textContent.trim();
      this.range = box.querySelector("input[type=range]");
      this.menu = box.querySelector("select");
      this.free = "free" in box.dataset; // Python can draw values between
      this.radios = [...box.querySelectorAll("input[type=radio]")];
      const options = this.menu ? [...this.menu.options] : this.radios;
      this.values = options.map((option) => option.value);
      this.names = options.map((option) => option.text ?? option.parentElement.textContent.trim());
      // As the page was written: a browser may have filled in what was set at an earlier visit.
      this.start = this.range
        ? Number(this.range.defaultValue)
        : Math.max(0, options.findIndex((o) => o.defaultSelected || o.defaultChecked));
    }
    get index() {
      if (this.range) return Number(this.range.value);
      return this.menu ? this.menu.selectedIndex : this.radios.findIndex((radio) => radio.checked);
    }
    set index(k) {
      this.asked = undefined;
      if (this.range) {
        this.range.step = Number.isInteger(k) ? "1" : "any";
        this.range.value = k;
      } else if (this.menu) this.menu.selectedIndex = k;
      else this.radios[k].checked = true;
      this.paint();
    }
    /* The value that is nearest, of those that are offered. */
    get whole() {
      return Math.round(this.index);
    }
    /* Where it is among its values; or a value between them, as an address has it, which has no
       place before Python runs: until then the slider stands at the nearest. */
    get place() {
      return this.asked ?? this.index;
    }
    set place(place) {
      const far = (value) => Math.abs(value - place);
      const near = (best, value, k) => (far(value) < far(this.values[best]) ? k : best);
      const isValue = typeof place === "string";
      this.index = isValue ? this.values.reduce(near, 0) : place;
      if (isValue && far(this.value)) this.asked = place;
    }
    /* What Python has drawn: the value that is shown, if it is none of those offered. */
    drew(at, value, name) {
      this.drawn = { at, value, name };
      this.paint();
    }
    /* What a browser doesn't do for a slider: the filled part, and the value in words. */
    paint() {
      if (!this.range) return;
      this.range.style.setProperty("--share", this.index / Math.max(1, this.values.length - 1));
      const between = !Number.isInteger(this.index) && this.drawn?.name;
      // Another option, if it is another: to set one has the browser lay out the card.
      if (!between && this.menu.selectedIndex !== this.whole) this.menu.selectedIndex = this.whole;
      if (between) {
        this.option ??= new Option();
        this.option.text = between;
        if (!this.option.parentElement) this.menu.append(this.option);
        this.option.selected = true;
      } else this.option?.remove();
      this.range.setAttribute("aria-valuetext", between || this.names[this.whole]);
    }
    get value() {
      return this.drawn?.at === this.index ? this.drawn.value : this.values[this.whole];
    }
    find(text) {
      const k = this.values.indexOf(text);
      return k < 0 ? this.values.indexOf(text.replaceAll("+", " ")) : k;
    }
    get python() {
      const { value } = this;
      const quoted = () => `'${value.replace(/[\\']/g, "\\$&")}'`;
      return `${this.name}=${"text" in this.box.dataset ? quoted() : value}`;
    }
  }

  /* ---- The card ---- */

  class Explorer extends HTMLElement {
    connectedCallback() {
      if (begun) this.wake(); // one that Python has made
    }
    /* Whether it begins to answer now: not again, and not before its last part has been read. */
    wake() {
      if (this.controls || !this.querySelector(".nn-voice")) return false;
      this.controls = [...this.querySelectorAll("[data-name]")].map((box) => new Control(box));
      this.layers = [...this.querySelectorAll(".nn-frame")];
      this.sentence = this.querySelector(".nn-says > span");
      this.voice = this.querySelector(".nn-voice");
      if (Number.isInteger(this.shown)) { // in a page that was saved: its controls follow
        this.settingOf(this.shown).forEach((k, i) => (this.controls[i].index = k));
        this.saved = this.query;
      } else this.shown = this.frameOf(this.controls.map((control) => control.start));
      this.findLinks();
      this.setAttribute("role", "group");
      this.querySelector("figure").setAttribute("role", "none"); // not a group in a group
      const ask = this.querySelector(".nn-ask");
      if (ask) this.setAttribute("aria-labelledby", ask.id);
      else this.setAttribute("aria-label", "Explorer");
      this.addEventListener("input", (event) => this.input(event));
      this.addEventListener("click", (event) => this.press(event));
      this.addEventListener("pointerdown", (e) => e.target.closest(".nn-play") || this.stop());
      this.addEventListener("focusin", () => this.load(), { once: true });
      const near = (seen, watch) => {
        if (!seen.some((entry) => entry.isIntersecting)) return;
        watch.disconnect();
        this.load();
      };
      new IntersectionObserver(near, { rootMargin: NEAR }).observe(this);
      return true;
    }
    findLinks() {
      this.links = [...document.querySelectorAll(`a[href*="#${CSS.escape(this.id)}?"]`)]
        .filter((link) => page(link.href) === page(location.href))
        .map((link) => [link, this.read(parse(link.hash).query).join()]);
    }
    disconnectedCallback() {
      this.stop();
    }

    /* A setting is a list of the controls' indices; a query is how an address writes it. */
    get setting() {
      return this.controls.map((control) => control.place);
    }
    get query() {
      return this.controls
        .filter((control) => control.place !== control.start)
        .map((control) => [control.name, control.asked ?? control.value])
        .concat(this.dragged ? [[this.dataset.drag, this.dragged]] : [])
        .map((pair) => pair.map(encodeURIComponent).join("="))
        .join("&");
    }
    get address() {
      return `#${this.id}${this.query && "?"}${this.query}`;
    }
    read(query) {
      const asked = new URLSearchParams(query.replaceAll("+", "%2B"));
      return this.controls.map((control) => {
        const text = asked.get(control.name);
        const k = text === null ? -1 : control.find(text);
        if (k < 0 && control.free && text && Number.isFinite(Number(text))) return text;
        return k < 0 ? control.start : k;
      });
    }
    frameOf(setting) {
      return setting.reduce((k, index, i) => k * this.controls[i].values.length + index, 0);
    }
    settingOf(k) {
      const setting = [];
      for (const { values } of [...this.controls].reverse()) {
        setting.unshift(k % values.length);
        k = Math.floor(k / values.length);
      }
      return setting;
    }
    /* The number of the frame that is seen, NaN for what Python has drawn: saved with the page. */
    get shown() {
      return Number(this.dataset.shown);
    }
    set shown(k) {
      this.dataset.shown = k;
    }

    set(query, told = true) {
      const before = this.query;
      this.stop();
      this.read(query).forEach((place, i) => (this.controls[i].place = place));
      this.dragged = new URLSearchParams(query).get(this.dataset.drag) ?? ""; // as an address has it
      this.live?.put(this.dragged);
      this.show();
      clearTimeout(this.resting); // the address is someone else's to write
      if (told && this.query !== before) this.rest(false);
    }
    show() {
      const setting = this.setting;
      for (const control of this.controls) control.paint();
      this.classList.toggle("nn-moved", this.query !== "");
      for (const [link, target] of this.links) {
        if (target === setting.join() && !this.dragged) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
      const isStored = !this.dragged && setting.every(Number.isInteger);
      if (this.live && !(this.frames && isStored)) return this.live.draw(setting);
      this.live?.forget(); // what it draws now has been passed
      const k = this.frameOf(this.controls.map((control) => control.whole));
      if (k === this.shown) return;
      if (!this.frames) return this.load(); // it is shown when they come
      const frame = this.frames[k];
      this.layers.forEach((layer, i) => (layer.innerHTML = frame[i]));
      this.sentence.textContent = frame.at(-1);
      this.shown = k;
    }
    rest(keep) {
      clearTimeout(this.resting);
      this.resting = setTimeout(() => {
        if (this.live?.busy) return this.rest(keep); // its sentence is yet to come
        this.voice.textContent = this.sentence.textContent;
        if (keep) write("replaceState", this.address);
      }, REST);
    }

    input(event) {
      this.load();
      const control = this.controls.find(({ box }) => box.contains(event.target));
      if (!control) return;
      this.stop();
      control.asked = undefined;
      if (event.target === control.menu) control.index = control.menu.selectedIndex;
      this.show();
      this.rest(true);
    }
    press({ target }) {
      const button = target.closest("button");
      if (!button) return;
      const is = (name) => button.classList.contains(name);
      if (is("nn-play")) this.play(button);
      if (is("nn-reset")) this.reset();
      if (is("nn-again")) this.begin();
      if (is("nn-copy-link")) copy(button, page(location.href) + this.address, this.voice);
      if (is("nn-copy-python")) {
        const values = this.controls.map((control) => control.python);
        const call = values.concat(this.live?.python ?? []).join(", ");
        copy(button, button.dataset.call.replace("{}", () => call), this.voice);
      }
    }
    reset() {
      this.set("");
      this.rest(true);
      this.begin();
    }
    /* Focus goes to the first control, as the button that had it vanishes; frames are fetched. */
    begin() {
      const { range, menu, radios, whole } = this.controls[0];
      (range ?? menu ?? radios[whole]).focus({ preventScroll: true });
      this.load();
    }

    /* ---- Play: from here, or from the beginning if this is the end; once ---- */
    play(button) {
      if (this.timer) return this.stop();
      const control = this.controls.find(({ box }) => box.contains(button));
      const last = control.values.length - 1;
      const go = (k) => {
        control.index = k;
        this.show();
        if (k === last) this.stop();
      };
      const next = () => go(Math.floor(control.index) + 1);
      this.timer = setInterval(() => (this.live ? !this.live.busy : this.frames) && next(), STEP);
      this.playing = button;
      this.name("Pause");
      this.load();
      if (control.index === last) go(0);
    }
    stop() {
      if (!this.timer) return;
      clearInterval(this.timer);
      this.timer = null;
      this.name("Play");
      this.rest(true);
    }
    /* The button says what it would do; that it is pressed besides would be heard as its opposite. */
    name(word) {
      const label = this.playing.getAttribute("aria-label");
      this.playing.setAttribute("aria-label", label.replace(/^\S+/, word));
      this.playing.classList.toggle("nn-playing", word === "Pause");
    }

    /* ---- Frames ---- */
    load() {
      if (this.frames || this.loading || !this.dataset.frames) return;
      const count = this.controls.reduce((n, control) => n * control.values.length, 1);
      const script = document.createElement("script");
      const done = () => {
        script.remove();
        waiting.delete(this.id);
        this.loading = false;
        this.classList.remove("nn-loading");
        if (!this.frames) return this.fail();
        const before = this.shown;
        this.show();
        if (this.shown !== before && this.voice.textContent) this.rest(false);
      };
      this.loading = true;
      this.querySelector(".nn-problem")?.remove();
      this.classList.add("nn-loading");
      waiting.set(this.id, (frames) => frames.length === count && (this.frames = frames));
      script.src = this.dataset.frames;
      script.onload = script.onerror = done;
      document.head.append(script);
    }
    fail() {
      this.stop();
      const isStored = Number.isInteger(this.shown);
      const setting = isStored ? this.settingOf(this.shown) : this.controls.map((c) => c.whole);
      const shown = this.controls.map((c, i) => `${c.label} = ${c.names[setting[i]]}`).join(", ");
      const line = document.createElement("p");
      const again = document.createElement("button");
      line.className = "nn-problem";
      line.setAttribute("role", "alert");
      line.textContent = `The other pictures could not be loaded. This one is for ${shown}. `;
      again.type = "button";
      again.className = "nn-again";
      again.textContent = "Try again";
      line.append(again);
      this.querySelector(".nn-stage").after(line);
    }
  }

  /* ---- Copying ---- */

  async function copy(button, text, voice) {
    const name = (button.dataset.says ??= button.textContent);
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      done = copyBySelection(text); // an address without https, or a clipboard that is refused
      button.focus({ preventScroll: true });
    }
    button.style.minWidth = `${button.offsetWidth}px`; // nothing beside it moves
    button.textContent = voice.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = name), 2000);
  }

  function copyBySelection(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.readOnly = true; // no keyboard on a phone
    Object.assign(area.style, { position: "fixed", top: "0", opacity: "0" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  /* ---- Begin ---- */

  const { id, query } = parse(location.hash);
  const kept = history.state?.explorers; // at a reload, or when coming back to the page
  let begun = false; // all of the page has been read

  /* The script doesn't wait for the page's end: a card answers as soon as it has been read. */
  function begin() {
    for (const card of document.querySelectorAll("nn-explorer")) {
      if (card.wake()) card.set((kept ?? { [id]: query })[card.id] ?? card.saved ?? "", false);
    }
    if (document.readyState === "loading") requestAnimationFrame(begin);
    else if (!begun) end();
  }
  function end() {
    begun = true;
    for (const card of cards()) {
      card.findLinks(); // those that stand below it, too
      card.show();
    }
    if (query && !kept) document.getElementById(id)?.scrollIntoView({ block: "start" });
  }
  customElements.define("nn-explorer", Explorer);
  begin();
  document.addEventListener("DOMContentLoaded", begin); // in a tab that is not seen, say
  document.addEventListener("click", follow);
  addEventListener("popstate", arrive);
  addEventListener("hashchange", arrive);
  // A browser that fills in an earlier visit's values does it late: show what the controls say.
  addEventListener("pageshow", () => cards().forEach((card) => card.show()));
})();
