"""The errors that Isthmus raises on purpose; each message is one sentence a user can act on."""

__all__ = ["CheckpointError", "DataError", "DataWarning", "IsthmusError", "ModelFileError"]


class IsthmusError(ValueError):
    """Base of every error that Isthmus raises on purpose."""


class DataError(IsthmusError):
    """Data that cannot be used as it is: the message names the file, what was found, the mend."""


class DataWarning(UserWarning):
    """What Isthmus decided about data by itself, or left out: the message says what and why."""


class ModelFileError(IsthmusError):
    """A model file that is wrong, damaged, altered or from a newer version."""


class CheckpointError(IsthmusError):
    """A checkpoint that is damaged, or belongs to other data, parameters or another version."""


def first_line(error: BaseException) -> str:
    """Give the first line of a foreign message, cut to fit inside a sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = lines[0].strip().rstrip(".:")
    if line[1:2].islower():
        line = line[0].lower() + line[1:]
    return line if len(line) <= 120 else line[:119] + "…"
