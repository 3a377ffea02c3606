/* The page's notebook with the reader's own cells, to be saved and opened in Jupyter. */

/**
 * Offer the notebook for saving.
 * @param {{cells: {source: string}[]}} page
 * @param {HTMLElement} status told when it can't be done
 */
export async function save(page, status) {
  const name = document.querySelector("meta[name=nn-page]").content;
  const root = document.documentElement.dataset.content_root;
  const answer = await fetch(`${root}_sources/${name}.ipynb`).catch(() => undefined);
  if (!answer?.ok) {
    status.textContent = answer
      ? `This site has no notebook of this page (${answer.status}).`
      : "The notebook could not be fetched: the connection to this site is broken.";
    return;
  }
  const notebook = await answer.json();
  const cells = notebook.cells.filter((cell) => cell.cell_type === "code");
  for (const [k, cell] of page.cells.entries()) {
    if (cell.source !== cell.facts.source) Object.assign(cells[k], { source: cell.source, outputs: [] });
  }
  const blob = new Blob([JSON.stringify(notebook, null, 1)], { type: "application/x-ipynb+json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name.split("/").at(-1)}.ipynb`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a browser may ask where to first
}
