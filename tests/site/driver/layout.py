"""How long a built page is, and where its first explorer comes."""

SCREEN = 1000  # CSS pixels

MEASURE = """
() => {
  const article = document.querySelector("article.bd-article");
  const aside = ["exercises", "common-mistakes"].map(id => document.getElementById(id));
  const height = element => element?.getBoundingClientRect().height ?? 0;
  return {
    height: aside.reduce((rest, section) => rest - height(section), height(article)),
    explorer: document.querySelector("nn-explorer")?.getBoundingClientRect().top,
  };
}
"""


def layout(page, address):
    """Open a chapter; a dict with its ``screens``, of the main path, and its first ``explorer``.

    The main path is what is seen with every fold closed, without exercises and common mistakes.
    All formulas are set before it is measured. The explorer's place is in pixels from the page's
    top, None where there is none.
    """
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate("() => document.querySelectorAll('details').forEach(fold => fold.open = false)")
    page.wait_for_function("() => window.MathJax?.startup?.promise")
    page.evaluate("() => MathJax.startup.promise")
    measured = page.evaluate(MEASURE)
    return {"screens": measured["height"] / SCREEN, "explorer": measured["explorer"]}
