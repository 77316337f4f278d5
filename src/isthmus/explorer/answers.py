"""What the page asks, answered by a session: headers and arrays, and no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from isthmus.errors import IsthmusError
from isthmus.explorer.cells import compared, named, told, way
from isthmus.explorer.export import FORMATS, exported
from isthmus.explorer.prepared import column_errors
from isthmus.explorer.session import ERROR, SCORE, Placement, Session
from isthmus.explorer.shades import shaded
from isthmus.explorer.views import mean_rows
from isthmus.io import Rows, read

Arrays = list[np.ndarray]
Answer = tuple[dict[str, Any], Arrays]

_MOST_CONTRASTS, _MOST_STEPS, _MOST_PLACEMENTS = 200, 64, 20
_LONGEST_TEXT = 1_000


class Answers:
    """Answers what the page asks of a session.

    Parameters
    ----------
    session : Session
        Whom to ask.
    title : str
        What the page is called.

    Attributes
    ----------
    progress : (int, int)
        How many rows of how many have been encoded.
    ended : bool
        Whether nobody asks any more, so that encoding may end too.
    """

    def __init__(self, session: Session, title: str) -> None:
        self.session, self.title = session, title
        self.placements: list[Placement] = []
        self.progress = (0, session.n_rows)
        self.ended = False
        self._questions: dict[str, Callable[[dict[str, Any], Arrays], Answer]] = {
            "hello": self._hello,
            "axes": self._axes,
            "row": self._row,
            "decode": self._decode,
            "between": self._between,
            "colour": self._colour,
            "contrast": self._contrast,
            "search": self._search,
            "neighbours": self._neighbours,
            "download": self._download,
            "place": self._place,
        }

    def ask(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        """Answer a question; what goes wrong is told in the answer.

        Parameters
        ----------
        question : dict
            Its kind under "ask", and what it is about.
        arrays : list of ndarray
            The arrays that come with it.
        """
        try:
            kind = question.get("ask")
            if kind not in self._questions:
                raise IsthmusError("The page asks what nobody knows: load it again.")
            return self._questions[kind](question, arrays)
        except IsthmusError as error:
            return {"error": str(error)}, []
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            return {"error": f"The page asked in vain ({type(error).__name__}): load it again."}, []

    def get_ready(self) -> None:
        """Compute all codes, and note how far that has come."""

        def note(done: int, total: int) -> None:
            self.progress = (done, total)
            if self.ended:
                raise IsthmusError("The server has ended.")

        self.session.encode(note)

    def warm_up(self) -> None:
        """Compile what pointing at the map needs, so that nobody who does so waits for it."""
        self.ask({"ask": "row", "position": 0}, [])
        self.ask({"ask": "decode", "code": self.session.codes[0].tolist()}, [])

    def _hello(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        self.get_ready()
        session = self.session
        codes = session.codes
        middle, spread = np.median(codes, axis=0), codes.std(axis=0)
        ranges = np.stack([codes.min(axis=0), codes.max(axis=0), middle, spread], axis=1)
        view = session.view
        return {
            "title": self.title,
            "model": type(session.model).__name__,
            "n_rows": session.n_rows,
            "n_components": session.n_components,
            "code_names": _short(session.code_names, type(session.model).__name__),
            "columns": [named(name) for name in session.column_names],
            "colour": None if session.label is None else named(session.label),
            "view": {"kind": view.kind, "shape": list(view.shape)},
            "formats": list(FORMATS),
            "places": "csv, parquet, npy or any other file that isthmus reads",
            "by": [ERROR, SCORE],
        }, [ranges.astype(np.float32)]

    def _axes(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        chosen = [int(question["x"]), int(question["y"])]
        return {}, [np.ascontiguousarray(self.session.codes[:, axis]) for axis in chosen]

    def _row(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        position = int(question["position"])
        placement = question.get("placement")
        session = self.session
        if placement is None:
            (position,) = session.checked([position])
            rows, beside = session.taken([position]), session.described([position])
            code = session.codes[position]
        else:
            placed = self.placements[placement]
            rows, beside = placed.rows[position : position + 1], None
            code = placed.codes[position]
        features = session.features(rows)
        header: dict[str, Any] = {
            "position": int(position),
            "code": code.tolist(),
            "score": float(session.model.score_samples(features)[0]),
        }
        decoded = session.decode(code)
        shown, found = self._shown([rows, decoded])
        header |= shown
        if session.view.kind == "cells":
            errors = column_errors(session.model, features, code)
            header["cells"], header["n_more"] = compared(rows, decoded, errors, beside)
        elif beside is not None:
            header["cells"] = told(beside)
        return header, found

    def _decode(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        code = self._code(question["code"])
        rows = self.session.decode(code)
        header, found = self._shown([rows])
        if self.session.view.kind == "cells":
            header["cells"] = told(rows)
        header["again"] = self._again(rows)
        return header, found

    def _again(self, rows: Rows) -> list[float] | None:
        """Give where the model would put what it made, None where it does not take that."""
        try:
            return self.session.codes_of(self.session.features(rows))[0].tolist()
        except IsthmusError:
            return None

    def _between(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        n_steps = min(int(question["steps"]), _MOST_STEPS)
        first, last = self._code(question["from"]), self._code(question["to"])
        codes = self.session.between(first, last, max(n_steps, 2))
        rows = self.session.decode(codes)
        header, found = self._shown([rows])
        if self.session.view.kind == "cells":
            header["cells"] = way(self.session, rows)
        return header, [codes, *found]

    def _colour(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        names = self.session.column_names
        by = question["by"]
        name = by if by in (ERROR, SCORE) else names[question["column"]]
        return shaded(self.session.column(name))

    def _contrast(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        positions = arrays[0].astype(np.int64)
        found = self.session.contrast(positions)[:_MOST_CONTRASTS]
        header: dict[str, Any] = {
            "differences": [
                {
                    "column": named(one.column),
                    "distance": one.distance,
                    "inside": None if np.isnan(one.inside) else one.inside,
                    "outside": None if np.isnan(one.outside) else one.outside,
                    "level": None if one.level is None else named(one.level),
                    "is_date": one.is_date,
                }
                for one in found
                if one.distance > 0
            ]
        }
        if self.session.view.kind == "cells":
            return header, []
        rows = self.session.rows
        assert isinstance(rows, np.ndarray)
        shown, pictures = self._shown([*mean_rows(rows, positions)])
        return header | shown, pictures

    def _search(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        text = str(question["text"])[:_LONGEST_TEXT]
        return {}, [self.session.search(text).astype(np.uint32)]

    def _neighbours(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        code = self._code(question["code"])
        return {}, [self.session.neighbours(code, int(question["n"])).astype(np.uint32)]

    def _download(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        content = exported(self.session, arrays[0].astype(np.int64), str(question["format"]))
        return {}, [np.frombuffer(content, np.uint8)]

    def _place(self, question: dict[str, Any], arrays: Arrays) -> Answer:
        if len(self.placements) >= _MOST_PLACEMENTS:
            raise IsthmusError(
                f"{_MOST_PLACEMENTS} files have been placed: load the page again to start anew."
            )
        name = Path(str(question["name"])).name or "the file"
        with TemporaryDirectory() as folder:
            # Of the name only the suffixes count: it is anybody's.
            file = Path(folder) / f"rows{''.join(Path(name).suffixes[-2:])}"
            try:
                file.write_bytes(arrays[0].tobytes())
                placed = self.session.place(read(file))
            except (IsthmusError, OSError) as error:
                raise IsthmusError(str(error).replace(str(file), name)) from error
        self.placements.append(placed)
        header = {"placement": len(self.placements) - 1, "n_rows": len(placed.codes)}
        return header, [placed.codes, placed.scores]

    def _shown(self, rows: list[Rows]) -> tuple[dict[str, Any], Arrays]:
        """Give rows as pictures or lines, where that is how they are shown."""
        view = self.session.view
        if view.kind == "picture":
            return {}, [np.concatenate([view.pixels(each) for each in rows])]
        if view.kind == "line":
            return {}, [np.concatenate([view.lines(each) for each in rows])]
        return {}, []

    def _code(self, given: Any) -> np.ndarray:
        code = np.asarray(given, np.float32)
        if code.shape != (self.session.n_components,) or not np.isfinite(code).all():
            raise IsthmusError("That is no place of this map: load the page again.")
        return code


def _short(names: list[str], model: str) -> list[str]:
    """Give names without that of the model, which all of them begin with otherwise."""
    return [f"code {name.removeprefix(model.lower())}" for name in names]
