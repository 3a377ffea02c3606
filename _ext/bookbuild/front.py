"""The site's address without a page's name leads to the first page.

A page without an icon makes browsers ask the host for one at an address that is not the book's, so
this one names the book's icon, too.
"""

from html import escape
from pathlib import Path

FRONT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="_static/{icon}">
<meta http-equiv="refresh" content="0; url={first}">
</head>
<body><p><a href="{first}">{title}</a></p></body>
</html>
"""


def setup(app):
    app.connect("build-finished", write_front_page)


def write_front_page(app, error):
    if error or app.builder.format != "html":
        return
    html = FRONT.format(
        title=escape(app.config.html_title),
        icon=Path(app.config.html_favicon).name,
        first=f"{app.config.root_doc}.html",
    )
    (Path(app.outdir) / "index.html").write_text(html, encoding="utf-8")
