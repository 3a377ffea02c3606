"""The book's own page as a place to run its cells: what Python does there.

A page starts Python (as WebAssembly, in a worker), sends it the source of a cell, and is told what
comes of it while the cell runs: `nnbook.live.cell`. Nothing of this runs in a notebook.
"""
