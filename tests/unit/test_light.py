"""Pages after the build: scripts in files, in an order that works, and icons without a script."""

import re
from types import SimpleNamespace

import pytest
from bookbuild import sheets
from bookbuild.explorers import ExplorerRenderer, forget_frames, frames_of
from bookbuild.formulas import in_words, with_room, words
from bookbuild.light import DONE, Icons, lighten, lighten_all
from bookbuild.sheets import join_all, shorten
from bookbuild.theme import BOOTSTRAP, MARKS, ask_the_target, keep_state, measure_first
from bookbuild.theme import SCRIPT as THEME

from nnbook.card import FRAMES
from nnbook.explore import MIME

SCRIPT = (
    'x={bars:[448,512,["navicon"],"f0c9","M0 96<"],"circle-half-stroke":[512,512,[9680,"adjust"],'
    '"f042","M448 256"],"magnifying-glass":[1,2,[],"f002","M2"]}'
)
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="auto">
  <head>
    <meta charset="utf-8" />
    <script data-cfasync="false">
      document.documentElement.dataset.theme = "auto";
    </script>
    <link rel="preload" as="script" href="_static/scripts/bootstrap.js?digest=5" />
    <script defer src="_static/scripts/fontawesome.js?digest=5"></script>
    <script src="_static/documentation_options.js?v=1"></script>
    <script src="_static/togglebutton.js?v=1"></script>
    <script defer="defer" src="_static/mathjax/tex-chtml.js?v=1"></script>
    <script>var selector = '.toggle';</script>
    <script>var selector = '.toggle';</script>
    <script defer="defer" src="_static/explorer.js?v=1"></script>
    <script>OPTIONS.pagename = 'a';</script>
    <script src="searchindex.js"></script>
  </head>
  <body>
    <img alt="a" src="a.png" style="width: 591px; height: 771px;" />
    <button onclick="window.print()"><i class="fa-solid fa-bars fa-lg" title="Menu"></i></button>
    <script type="application/json">{"a": "<b>"}</script>
    <script defer src="_static/scripts/bootstrap.js?digest=5"></script>
  </body>
</html>
"""

BLOCKS = 'document.querySelectorAll(["pre",".output"].join(", "))'
TAB_STOPS = f"{BLOCKS}.forEach(e=>{{e.tabIndex=e.scrollWidth>e.clientWidth?0:-1}})}},b()"
EMPTIES = "a(); window.history.replaceState({}, '', url); b()"
DELEGATES = (
    "return function n(s){const o=t.querySelectorAll(e);"
    "for(let{target:r}=s;r&&r!==this;r=r.parentNode)for(const a of o)if(a===r)return me(s,r)}"
)


@pytest.fixture
def icons(tmp_path):
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts/fontawesome.js"
    script.write_text(SCRIPT, encoding="utf-8")
    return Icons(script)


def light(icons, tmp_path, html=PAGE, is_search=False):
    return lighten(html, icons, tmp_path, "_static", is_search)


def scripts(html):
    return re.findall(r"<script([^>]*)>([^<]*)</script>", html)


def names(html):
    return [
        re.sub(r"inline/\w{12}", "inline/*", re.search(r'src="(?:_static/)?([^"?]*)', a)[1])
        for a, _ in scripts(html)
        if " src=" in a
    ]


def test_scripts_wait_for_the_text_in_an_order_that_works(icons, tmp_path):
    html = light(icons, tmp_path)
    assert names(html) == [
        "inline/*.js",
        "explorer.js",
        "documentation_options.js",
        "inline/*.js",
        "togglebutton.js",
        "scripts/bootstrap.js",
    ]
    late = [a for a, _ in scripts(html) if "fetchpriority" in a and " src=" in a]
    assert [re.search(r"/([^/?]*)\?", a)[1] for a in late] == [
        "documentation_options.js",
        "togglebutton.js",
        "bootstrap.js",
    ]
    waits = [re.findall(" (defer|async)", a) for a, _ in scripts(html) if " src=" in a]
    assert waits == [[], ["async"]] + [["defer"]] * 4
    assert "preload" not in html
    assert names(light(icons, tmp_path, is_search=True))[-2] == "searchindex.js"


def test_no_script_stays_in_the_page_but_data(icons, tmp_path):
    html = light(icons, tmp_path)
    assert [body for a, body in scripts(html) if body] == []
    assert '<script type="application/json">{"a": "<b>"}</script>' in html
    assert "onclick" not in html and 'data-click="window.print"' in html
    first, second = re.findall(r'src="_static/(inline/\w+\.js)"', html)
    assert '<html lang="en" data-theme="light">' in html  # for who forbids scripts
    theme = (tmp_path / first).read_text(encoding="utf-8")
    assert "dataset.theme" in theme and "prefers-color-scheme" in theme
    settings = (tmp_path / second).read_text(encoding="utf-8")
    assert settings == "var selector = '.toggle';\nOPTIONS.pagename = 'a';\n"


def test_figures_load_late_and_have_their_room(icons, tmp_path):
    html = light(icons, tmp_path)
    assert '<img loading="lazy" alt="a" src="a.png" width="591" height="771" />' in html


def test_mathjax_is_left_to_the_page_to_fetch(icons, tmp_path):
    html = light(icons, tmp_path)
    (tag,) = re.findall("<script[^>]*mathjax[^>]*>", html)
    assert 'type="text/plain"' in tag and 'data-src="_static/mathjax/tex-chtml.js?v=1"' in tag
    assert " src=" not in tag


def test_icons_are_drawings(icons, tmp_path):
    html = light(icons, tmp_path)
    svg = re.search(r"<svg.*?</svg>", html)[0]
    assert 'class="svg-inline--fa fa-solid fa-bars fa-lg" title="Menu"' in svg
    assert 'viewBox="0 0 448 512"' in svg and 'd="M0 96&lt;"' in svg
    assert icons.outline("circle-half-stroke") == ("512", "512", "M448 256")
    assert icons.outline("adjust") == ("512", "512", "M448 256")
    assert "<svg" in light(
        icons, tmp_path, PAGE.replace("<i ", "<span ").replace("</i>", "</span>")
    )
    with pytest.raises(LookupError, match="no icon 'bar'"):
        icons.outline("bar")


def test_a_page_is_gone_over_once(icons, tmp_path):
    html = light(icons, tmp_path)
    assert DONE in html and light(icons, tmp_path, html) == html
    other = '<html><meta http-equiv="Refresh" content="0; url=intro.html" />'
    assert light(icons, tmp_path, other) == other


def test_all_pages_of_a_build_are_gone_over(icons, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "PURGE", tmp_path / "not installed")
    static = tmp_path / "_static"
    static.mkdir()
    (tmp_path / "scripts").rename(static / "scripts")
    (static / THEME).write_text(TAB_STOPS, encoding="utf-8")
    (static / MARKS).write_text(EMPTIES, encoding="utf-8")
    (static / BOOTSTRAP).write_text(DELEGATES, encoding="utf-8")
    css = static / "styles/pydata-sphinx-theme.css"
    css.parent.mkdir()
    rules = ".fa-lg{font-size:2em}", '.fa-a,.fa-b:before{--fa:"\\f05a"}', ".admonition{color:red}"
    css.write_text("".join(rules), encoding="utf-8")
    for path in ("intro.html", "chapters/a.html", "_static/macros.html"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(PAGE, encoding="utf-8")
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    lighten_all(app, ValueError("a build that failed"))
    assert (tmp_path / "intro.html").read_text(encoding="utf-8") == PAGE
    lighten_all(app, None)
    assert 'src="_static/inline/' in (tmp_path / "intro.html").read_text(encoding="utf-8")
    assert 'src="../_static/inline/' in (tmp_path / "chapters/a.html").read_text(encoding="utf-8")
    assert (static / "macros.html").read_text(encoding="utf-8") == PAGE


def test_an_explorers_output_becomes_its_card_and_a_file(tmp_path):
    app = SimpleNamespace(outdir=tmp_path / "html")
    env = SimpleNamespace(app=app, docname="chapters/a")
    renderer = SimpleNamespace(renderer=SimpleNamespace(sphinx_env=env))
    content = {"name": "curve-explorer", "card": f'<p data-frames="{FRAMES}">', "frames": "é();"}
    data = SimpleNamespace(mime_type=MIME, content=content)
    (node,) = ExplorerRenderer.handle_mime(renderer, data, False)
    address = r"\.\./_static/frames/chapters/a/curve-explorer\.js\?v=[0-9a-f]{8}"
    assert re.fullmatch(f'<p data-frames="{address}">', node.astext()) and node["format"] == "html"
    file = frames_of(app, "chapters/a") / "curve-explorer.js"
    assert file == tmp_path / "explorers/frames/chapters/a/curve-explorer.js"
    assert file.read_text(encoding="utf-8") == "é();"
    forget_frames(app, env, "chapters/a")
    assert not file.exists()
    forget_frames(app, env, "chapters/a")  # also where there is nothing
    other = SimpleNamespace(mime_type="text/plain")
    assert ExplorerRenderer.handle_mime(renderer, other, False) is None


def test_myst_nb_finds_the_renderer():
    from importlib.metadata import entry_points

    (entry,) = {e for e in entry_points(group="myst_nb.mime_renderers") if e.name == "explorers"}
    assert entry.load() is ExplorerRenderer


def test_a_displayed_formula_has_its_room_before_it_is_set():
    def room(tex):
        html = with_room(f'<div class="math notranslate nohighlight" id="a">\n\\[{tex}\\]</div>')
        found = re.fullmatch(
            r'<div class="math .*?" id="a" style="min-height:(.*)em">(.*)</div>', html, re.S
        )
        assert found[2] == f"\n\\[{tex}\\]"
        return float(found[1])

    line = room("a &amp;= b")
    higher = [
        r"\frac ab",
        r"\underbrace{a}_{b}",
        r"a \\ b",
        r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}",
    ]
    for tex in higher:
        assert line + 1 < room(tex) < line + 2, tex
    assert room(r"\fraction") == line
    assert with_room('<span class="math">a</span>') == '<span class="math">a</span>'


@pytest.mark.parametrize(
    ("tex", "html"),
    [
        (r"\eta = 0.001", "<i>η</i> = 0.001"),
        (r"\lambda\operatorname{sign}(W)", "<i>λ</i> sign(<i>W</i>)"),
        (r"\lVert w\rVert^2", "‖<i>w</i>‖²"),
        (r"\sum\sqrt{\cdot}", "∑√·"),
        (r"w/4", "<i>w</i>/4"),
        (r"\frac12", None),
        (r"x_1", None),
        (r"x < 1", None),
    ],
)
def test_a_short_formula_is_letters_and_signs(tex, html):
    assert words(tex) == (html and f'<span class="nn-formula">{html}</span>')


def test_formulas_are_words_where_they_would_be_seen_to_be_set():
    def page(one, listed):
        item = f'<li class="toc-h2 nav-item"><a href="#b">The {listed}</a></li>\n'
        text = f"<p>{one} and {formula(r'x_1')}</p><nn-explorer></nn-explorer><p>{formula('x')}</p>"
        return f'{item}<article class="bd-article">{text}</article>'

    def formula(tex):
        return rf'<span class="math notranslate nohighlight">\({tex}\)</span>'

    expected = page(words("x"), words(r"\mu"))
    assert in_words(page(formula("x"), formula(r"\mu"))) == expected
    with pytest.raises(LookupError, match="a heading has x_1, which is not known"):
        in_words(page("", formula("x_1")))


PUT_RIGHT = {
    "the theme measures all that scrolls before it writes": (
        measure_first,
        THEME,
        TAB_STOPS,
        f"Array.from({BLOCKS},e=>[e,e.scrollWidth>e.clientWidth?0:-1])"
        ".forEach(([e,t])=>{e.tabIndex!==t&&(e.tabIndex=t)})},b()",
        "sets tabIndex in 0 places",
    ),
    "the script that marks words keeps the state of the page": (
        keep_state,
        MARKS,
        EMPTIES,
        "a(); window.history.replaceState(history.state, '', url); b()",
        "empties the state in 0 places",
    ),
    "Bootstrap asks the target and looks through no page": (
        ask_the_target,
        BOOTSTRAP,
        DELEGATES,
        "return function n(s){"
        "for(let{target:r}=s;r&&r!==this;r=r.parentNode)if(r.matches?.(e))return me(s,r)}",
        "looks for targets in 0 places",
    ),
}


@pytest.mark.parametrize("mend, name, before, after, fault", PUT_RIGHT.values(), ids=PUT_RIGHT)
def test_a_vendors_script_is_put_right(mend, name, before, after, fault, tmp_path):
    script = tmp_path / name
    script.parent.mkdir(exist_ok=True)
    script.write_text(before, encoding="utf-8")
    for _ in range(2):  # twice is as once
        mend(tmp_path)
        assert script.read_text(encoding="utf-8") == after
    script.write_text("another version", encoding="utf-8")
    with pytest.raises(LookupError, match=fault):
        mend(tmp_path)


def test_style_sheets_lose_what_no_page_needs_and_ask_for_no_others(tmp_path):
    files = {
        "styles/theme.css": '/* why */\n@import "../basic.css";',
        "basic.css": "a{background:url(file.png);mask:url('#c')}",
        "mystnb.0.css": "a{b:c}\n/* d, e */\np:not(:has(i, b)),\nq {}@media x{v:has(i){}}",
        "styles/icons.css": '.fa-lg{font-size:2em}.fa-a,.fa-b:before{--fa:"\\f05a"}p{color:red}',
    }
    (tmp_path / "styles").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for _ in range(2):  # twice is as once
        shorten(tmp_path)
        found = {n: (tmp_path / n).read_text(encoding="utf-8") for n in files}
        assert found["basic.css"] == files["basic.css"]
        assert (
            found["styles/theme.css"] == "/* why */\na{background:url(../file.png);mask:url('#c')}"
        )
        assert found["mystnb.0.css"] == "a{b:c}\nq {}@media x{}"
        assert found["styles/icons.css"] == ".fa-lg{font-size:2em}p{color:red}"


def site_of(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_page_asks_for_three_sheets_which_follow_their_sources(tmp_path):
    names = ["styles/theme.css", "styles/icons.css", "pygments.css", "explorer.css", "book.css"]
    links = [f'<link href="../_static/{name}?v=1" rel="stylesheet" />\n' for name in names]
    sources = {f"_static/{n}": f'@charset "a";\n{n[0]}{{b:url(c.png)}}' for n in names}
    page = "<head>" + "".join(links) + "<script></script></head>"
    site = site_of(tmp_path, sources | {"chapters/a.html": page, "b.html": page, "c.html": "<p>"})
    join_all(site)
    html = (site / "chapters/a.html").read_text(encoding="utf-8")
    asked = re.findall(
        r'<link rel="stylesheet" href="\.\./_static/(sheets/\w+\.css)\?v=\w+"/>', html
    )
    assert len(asked) == 3 == html.count("<link") and html.endswith("<script></script></head>")
    assert 'href="_static/sheets/' in (site / "b.html").read_text(encoding="utf-8")
    assert (site / "c.html").read_text(encoding="utf-8") == "<p>"

    def texts():
        return [(site / "_static" / name).read_text(encoding="utf-8") for name in asked]

    assert [re.findall(r"\w+\{b:url.*", text) for text in texts()] == [
        ["s{b:url(../styles/c.png)}"] * 2,
        ["p{b:url(../c.png)}"],
        ["e{b:url(../c.png)}", "b{b:url(../c.png)}"],
    ]
    assert not any("@charset" in text for text in texts())
    (site / "_static/book.css").write_text("new{}", encoding="utf-8")
    join_all(site)
    assert texts()[2].endswith("new{}")
    again = (site / "chapters/a.html").read_text(encoding="utf-8")
    assert re.sub(r"\?v=\w+", "", again) == re.sub(r"\?v=\w+", "", html) and again != html
    (site / "d.html").write_text(4 * links[0], encoding="utf-8")
    with pytest.raises(LookupError, match="none of styles/theme.css, .* is one of book.css, "):
        join_all(site)
