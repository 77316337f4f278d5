"""The page as one file, in which encoder and decoder run in the browser."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.errors import IsthmusError
from isthmus.explorer.answers import Answers
from isthmus.explorer.messages import pack
from isthmus.explorer.program import Keep, decoding, encoding
from isthmus.explorer.recipe import recipe_of
from isthmus.explorer.session import ERROR, SCORE, Session
from isthmus.explorer.shades import shaded
from isthmus.explorer.values import Values
from isthmus.io import readable_bytes, replacing

# What a browser unpacks without trouble, and what pictures may take of it.
_MOST_BYTES, _MOST_ROW_BYTES = 512 * 2**20, 64 * 2**20
# In the order in which they need each other.
_MODULES = (
    "elements", "wire", "palette", "pictures", "panels", "grid", "frames", "view", "marks",
    "latest", "axes", "gestures", "state", "looking", "ways", "selection", "placing", "main",
    "program", "recipe", "columns", "files", "local", "start-local",
)  # fmt: skip
_IMPORT = re.compile(r'^import (\{.*\}) from "\./(.*)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def write_page(
    model: Any,
    X: Any,
    path: str | os.PathLike[str],
    *,
    labels: Any = None,
    title: str | None = None,
) -> None:
    """Write the page of `explore` as one file that needs no server.

    It holds the rows, their codes and the model, so that it can be mailed or put on any web
    server. Weights are rounded to 16 bits. Of pictures beyond 64 MB it holds every second one, or
    every third, and so on; the others are shown as the model gives them back.

    Parameters
    ----------
    model : fitted autoencoder
        With a code of at least two components, and a dense or convolutional network.
    X : array, frame, path or Dataset
        Rows like those that the model was fitted on.
    path : path
        Of the file; one that is there is replaced.
    labels : array, frame, path, Dataset or None
        One or more columns with as many rows, which colour and describe them.
    title : str, optional
        What the page is called; by default the name of the data.

    Raises
    ------
    IsthmusError
        The model is of parts that do not run in a browser, the rows are too many, or the file
        cannot be written.
    """
    session = Session(model, X, labels=labels)
    content = _filled(_bundle(session, session.title if title is None else title))
    with replacing(Path(path)) as draft:
        Path(draft).write_text(content, encoding="utf-8")


def _bundle(session: Session, title: str) -> bytes:
    """Pack all that the page needs to know."""
    arrays: list[np.ndarray] = []

    def keep(array: np.ndarray) -> int:
        arrays.append(array)
        return len(arrays) - 1

    model = session.model
    n_features = model.preparation_.n_features
    hello, (ranges,) = Answers(session, title).ask({"ask": "hello"}, [])
    view = {**hello["view"], "least": session.view.least, "greatest": session.view.greatest}
    header: dict[str, Any] = {
        "hello": {**hello, "view": view, "formats": ["csv"]},
        "ranges": keep(ranges),
        "codes": keep(session.codes),
        "scores": keep(session.scores.astype(np.float32)),
        "recipe": recipe_of(model.preparation_, keep),
        "encode": encoding(model.model_, keep),
        "decode": decoding(model.model_, n_features, keep),
    }
    header |= _columns(session, keep) | _rows(session, keep)
    size = sum(array.nbytes for array in arrays)
    if size > _MOST_BYTES:
        raise IsthmusError(
            f"{title} would make a page of {readable_bytes(size)}, more than a browser bears: "
            "write one of fewer rows or columns, or serve it with isthmus explore."
        )
    return pack(header, arrays)


def _columns(session: Session, keep: Keep) -> dict[str, Any]:
    """Keep the values of all columns and, behind them, the shades that they give rows."""
    columns, shades = [], []
    for name in [*session.column_names, ERROR, SCORE]:
        values = session.column(name)
        columns.append({**_column(values, keep), "of_data": name in session.column_names})
        shades.append(shaded(values))
    told = [{**legend, "bytes": keep(shade)} for legend, (shade,) in shades]
    return {"columns": columns, "shades": told}


def _column(values: Values, keep: Keep) -> dict[str, Any]:
    told: dict[str, Any] = {"name": values.name, "is_date": values.is_date, "levels": None}
    if values.numbers is not None:
        narrow = values.numbers.astype(np.float32)
        exact = np.array_equal(narrow, values.numbers, equal_nan=True)
        return {**told, "values": keep(narrow if exact else values.numbers)}
    assert values.places is not None
    return {**told, "levels": list(values.levels), "values": keep(values.places.astype(np.int32))}


def _rows(session: Session, keep: Keep) -> dict[str, Any]:
    """Keep the rows of an array, or some of them: cells are in the columns."""
    rows = session.rows
    if session.view.kind == "cells" or not isinstance(rows, np.ndarray):
        return {"rows": None, "every": 1}
    dtype = np.dtype(np.uint8 if rows.dtype == np.uint8 else np.float32)
    every = -(-rows.size * dtype.itemsize // _MOST_ROW_BYTES) or 1
    return {"rows": keep(rows[::every].astype(dtype).reshape(-1)), "every": every}


def _filled(bundle: bytes) -> str:
    """Put script, style and everything else into the page, which allows these alone."""
    page = files("isthmus.explorer") / "page"

    def text(name: str) -> str:
        return (page / name).read_text("utf-8")

    script = "".join(_inlined(name, text(f"{name}.js")) for name in _MODULES)
    style = text("style.css")
    everything = base64.b64encode(gzip.compress(bundle, 6, mtime=0)).decode()
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    html = text("index.html")
    linked = '<link rel="stylesheet" href="style.css">\n'
    started = '<script type="module" src="start-socket.js"></script>\n'
    head, _, rest = html.partition(linked)
    allowed = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    head = head.replace('<meta name="viewport"', f'{allowed}<meta name="viewport"')
    rest = rest.replace(started, "").replace(
        "</body>",
        f'<script type="text/plain" id="everything">{everything}</script>\n'
        f'<script type="module">{script}</script>\n</body>',
    )
    return f"{head}<style>{style}</style>\n{rest}"


def _inlined(name: str, source: str) -> str:
    """Give a module as a function's scope, since a file cannot import from itself."""
    exports = ", ".join(exported for _, exported in _EXPORT.findall(source))
    body = _IMPORT.sub(lambda match: f"const {match[1]} = {_scope(match[2])};", source)
    body = _EXPORT.sub(r"\1", body)
    return f"const {_scope(name)} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"


def _scope(name: str) -> str:
    return f"of_{name.replace('-', '_')}"


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
