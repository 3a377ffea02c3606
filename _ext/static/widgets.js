// Two things that ipywidgets leaves undone in a page. Every explorer works without this file.

// The widget manager asks version 2 of MathJax to typeset each label; the page has version 3.
if (window.MathJax) window.MathJax.Hub = { Queue() {} };

// Sliders have a visible label and a visible value, but tell neither to assistive software.
function name(slider) {
  const label = slider.querySelector(".widget-label");
  const value = slider.querySelector(".widget-readout");
  const handle = slider.querySelector(".noUi-handle");
  const tell = () => handle.setAttribute("aria-valuetext", value.textContent);
  slider.dataset.named = "";
  handle.setAttribute("aria-label", label.textContent);
  new MutationObserver(tell).observe(value, { childList: true });
  tell();
}

new MutationObserver(() => {
  const handles = document.querySelectorAll(".widget-slider:not([data-named]) .noUi-handle");
  for (const handle of handles) name(handle.closest(".widget-slider"));
}).observe(document.documentElement, { childList: true, subtree: true });
