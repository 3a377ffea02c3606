// What ipywidgets leaves undone in a page. Every explorer works without this file.

// The widget manager asks version 2 of MathJax to typeset each label; the page has version 3.
if (window.MathJax) window.MathJax.Hub = { Queue() {} };

// Labels and values are visible, but nothing tells assistive software of them.
const label = (box) => box.querySelector(".widget-label").textContent;

function nameSlider(box) {
  const value = box.querySelector(".widget-readout");
  const handle = box.querySelector(".noUi-handle");
  const tell = () => handle.setAttribute("aria-valuetext", value.textContent);
  value.contentEditable = "false"; // it would take the focus, and any text, and ignore it
  handle.setAttribute("aria-label", label(box));
  new MutationObserver(tell).observe(value, { childList: true });
  tell();
}

function nameButtons(box) {
  const tell = () => {
    for (const button of box.querySelectorAll("button"))
      button.setAttribute("aria-pressed", button.classList.contains("mod-active"));
  };
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", label(box));
  new MutationObserver(tell).observe(box, { subtree: true, attributeFilter: ["class"] });
  tell();
}

function namePlayer(box) {
  const [play, stop] = box.querySelectorAll("button");
  play.setAttribute("aria-label", `Play or pause ${box.title}`);
  stop.setAttribute("aria-label", `Stop ${box.title}`);
}

// Read a new sentence aloud, once the reader has paused.
function announce(box) {
  const status = box.appendChild(document.createElement("p"));
  let timer;
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  const tell = () => (status.textContent = box.querySelector(".nn-readout").textContent);
  new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(tell, 500);
  }).observe(box.querySelector(".widget-gridbox"), { childList: true, subtree: true });
}

const parts = [
  [".widget-slider", ".noUi-handle", nameSlider],
  [".widget-toggle-buttons", "button", nameButtons],
  [".widget-play", "button", namePlayer],
  [".nn-explorer", ".widget-gridbox", announce],
];
new MutationObserver(() => {
  for (const [kind, ready, name] of parts)
    for (const box of document.querySelectorAll(`${kind}:not([data-named])`))
      if (box.querySelector(ready)) {
        box.dataset.named = "";
        name(box);
      }
}).observe(document.documentElement, { childList: true, subtree: true });
