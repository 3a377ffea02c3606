/* What a page does around its explorers: ways between them, folds that open, light paper. */
(() => {
  "use strict";

  /* ---- For the keyboard: a link to the first explorer, and from each to the next ---- */

  const cards = [...document.querySelectorAll("nn-explorer")];

  function linkTo(card, text) {
    const link = document.createElement("a");
    link.className = "nn-next";
    link.href = `#${card.id}`;
    link.textContent = text;
    link.addEventListener("click", (event) => {
      event.preventDefault(); // following the address would reset the explorer
      card.tabIndex = -1;
      card.addEventListener("blur", () => card.removeAttribute("tabindex"), { once: true });
      card.focus({ preventScroll: true });
      card.scrollIntoView({ block: "start" });
    });
    return link;
  }

  for (const link of document.querySelectorAll(".nn-next")) link.remove(); // of a saved page
  if (cards.length) {
    const article = document.querySelector("article.bd-article");
    article?.prepend(linkTo(cards[0], "To the first explorer"));
  }
  cards.forEach((card, k) => {
    const text = k + 1 < cards.length ? "Next explorer" : "Back to the first explorer";
    const next = cards[(k + 1) % cards.length];
    if (next !== card) card.querySelector("figure").prepend(linkTo(next, text));
  });

  /* ---- "Back to top" lies near the lower edge of the screen: not while a card is there ---- */

  const toTop = document.querySelector("#pst-back-to-top");
  const atEdge = new Set();
  const edge = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (isIntersecting) atEdge.add(target);
      else atEdge.delete(target);
    }
    toTop.classList.toggle("nn-away", atEdge.size > 0);
  }, { rootMargin: "-80% 0px 0px" });
  if (toTop) cards.forEach((card) => edge.observe(card));

  /* ---- A link into a closed fold opens it ---- */

  function unfold() {
    const target = document.getElementById(decode(location.hash.slice(1)));
    let opened = false;
    for (let at = target?.closest("details"); at; at = at.parentElement.closest("details")) {
      opened ||= !at.open;
      at.open = true;
    }
    if (opened) target.scrollIntoView();
  }
  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  unfold();
  addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href*='#']");
    if (link?.href === location.href) unfold(); // once more: no hashchange
  });

  /* ---- A page with an element of its own: its script, which loads no Python before a click ---- */

  const here = document.currentScript.src;
  const served = location.protocol !== "file:"; // from a disk no module may be loaded
  if (served && document.querySelector("nn-playground")) import(new URL("live/playground.js", here));
  if (served && document.querySelector("nn-digit")) import(new URL("live/digit.js", here));

  /* ---- Formulas: MathJax is as heavy as all the rest, and comes when that is there ---- */

  /* What MathJax watches to set formulas as they come near the screen. A browser looks where each
     has got to for every picture of an explorer: so paragraphs are watched, which are fewer. */
  class Paragraphs {
    constructor(seen, rootMargin) {
      this.homes = new WeakMap(); // of formulas, which may leave the page
      this.formulas = new Map();
      const among = ({ target: paragraph, isIntersecting }) =>
        [...(this.formulas.get(paragraph) ?? [])].map((target) => ({ target, isIntersecting }));
      this.watch = new IntersectionObserver((entries) => seen(entries.flatMap(among)), { rootMargin });
    }
    observe(formula) {
      const paragraph = formula.closest(":not(mjx-lazy, mjx-container, span, a, em, strong)");
      this.homes.set(formula, paragraph);
      this.formulas.set(paragraph, (this.formulas.get(paragraph) ?? new Set()).add(formula));
      this.watch.unobserve(paragraph); // or nothing would be said of the new formula
      this.watch.observe(paragraph);
    }
    unobserve(formula) {
      const paragraph = this.homes.get(formula);
      const waiting = this.formulas.get(paragraph);
      if (!waiting?.delete(formula) || waiting.size) return;
      this.formulas.delete(paragraph);
      this.watch.unobserve(paragraph);
    }
  }

  const math = document.querySelector("script[data-src]");
  const idle = window.requestIdleCallback ?? setTimeout;
  const fetchMath = () => idle(() => {
    const script = document.createElement("script");
    script.src = math.dataset.src;
    // Its two commonest fonts come with it: in others' stead lines would be higher for a moment.
    const fonts = location.protocol.startsWith("http") ? ["Main-Regular", "Math-Italic"] : [];
    for (const font of fonts) {
      const link = document.createElement("link");
      Object.assign(link, { rel: "preload", as: "font", crossOrigin: "" });
      link.href = new URL(`output/chtml/fonts/woff-v2/MathJax_${font}.woff`, script.src);
      document.head.append(link);
    }
    const ready = () => {
      MathJax.startup.defaultReady();
      const formulas = MathJax.startup.document;
      const { lazyMargin } = formulas.options;
      formulas.lazyObserver = new Paragraphs((seen) => formulas.lazyObserve(seen), lazyMargin);
    };
    window.MathJax = { ...window.MathJax, startup: { ...window.MathJax?.startup, ready } };
    document.head.append(script);
  });
  if (math) addEventListener("load", fetchMath, { once: true });

  /* ---- The theme's buttons: their handlers stood in the page, which a policy may forbid ---- */

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-click]");
    if (button) window[button.dataset.click.split(".").at(-1)]?.(); // print, toggleFullScreen
  });

  /* ---- Paper: folds open, colours light, explorers as at the start, with their address; then as
     before ---- */

  const root = document.documentElement;
  let folds = [];
  let theme = null;
  let settings = [];
  addEventListener("beforeprint", () => {
    folds = [...document.querySelectorAll("details:not([open])")];
    for (const fold of folds) fold.open = true;
    for (const figure of document.querySelectorAll("img[loading=lazy]")) figure.loading = "eager";
    theme = root.dataset.theme;
    if (theme) root.dataset.theme = "light";
    settings = cards.filter((card) => card.controls).map((card) => [card, card.query]);
    for (const [card] of settings) card.set("", false); // paper has no controls
    if (!location.protocol.startsWith("http")) return;
    for (const card of cards) {
      const address = location.href.split("#")[0] + (card.address ?? "");
      card.querySelector("figure").dataset.address = address;
    }
  });
  addEventListener("afterprint", () => {
    for (const fold of folds) fold.open = false;
    if (theme) root.dataset.theme = theme;
    for (const [card, setting] of settings) card.set(setting, false);
    folds = [];
  });
})();
