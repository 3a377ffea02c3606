/* What a page does besides its explorers: folds open when they must, and paper is light. */
(() => {
  "use strict";

  /* A link into a closed fold opens it. */
  function unfold() {
    const target = location.hash.length > 1 && document.getElementById(safe(location.hash.slice(1)));
    if (!target) return;
    let opened = false;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      opened ||= !fold.open;
      fold.open = true;
    }
    if (opened) target.scrollIntoView();
  }
  function safe(text) {
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
    if (link && link.href === location.href) unfold(); // the address stays: no hashchange
  });

  /* On paper folds are open and colours light; afterwards all is as it was. */
  const root = document.documentElement;
  let folds = [];
  let theme = null;
  addEventListener("beforeprint", () => {
    folds = [...document.querySelectorAll("details:not([open])")];
    for (const fold of folds) fold.open = true;
    theme = root.dataset.theme;
    if (theme) root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    for (const fold of folds) fold.open = false;
    if (theme) root.dataset.theme = theme;
    folds = [];
  });
})();
