"""The errors that Isthmus raises on purpose; each message is one sentence a user can act on."""

import json

__all__ = [
    "ArchiveError",
    "CheckpointError",
    "DataError",
    "DataWarning",
    "IsthmusError",
    "MissingValueError",
    "ModelFileError",
]

# Letters of Persian and of Indian scripts, and emoji, are joined or parted by these.
_JOINERS = "\u200c\u200d"


class IsthmusError(ValueError):
    """Base of every error that Isthmus raises on purpose."""


class DataError(IsthmusError):
    """Data that cannot be used as it is: the message names the file, what was found, the mend."""


class MissingValueError(DataError):
    """Data with a gap where none can be."""


class DataWarning(UserWarning):
    """What Isthmus decided about data by itself, or left out: the message says what and why."""


class ModelFileError(IsthmusError):
    """A model file that is wrong, damaged, altered or from a newer version."""


class ArchiveError(IsthmusError):
    """An archive that is wrong, damaged, altered or from a newer version."""


class CheckpointError(IsthmusError):
    """A checkpoint that is damaged, or belongs to other data, parameters or another version."""


def printable(text: str, keep: str = "") -> str:
    r"""Escape what a terminal would obey or not show: control characters, breaks of the line.

    The names of files, columns and classes are anybody's. Escapes are those of JSON, so that JSON
    stays JSON.

    Parameters
    ----------
    text : str
        One line, or more where `keep` says so.
    keep : str
        Characters to leave as they are.

    Examples
    --------
    >>> printable("größe 中文\n\x1b[31m")
    'größe 中文\\n\\u001b[31m'
    """
    if text.isprintable():
        return text
    keep += _JOINERS
    return "".join(c if c.isprintable() or c in keep else json.dumps(c)[1:-1] for c in text)


def first_line(error: BaseException) -> str:
    """Give the first line of a foreign message, cut to fit inside a sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = lines[0].strip().rstrip(".:")
    if line[1:2].islower():
        line = line[0].lower() + line[1:]
    return line if len(line) <= 120 else line[:119] + "…"
