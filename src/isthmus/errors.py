"""The errors that Isthmus raises on purpose; each message is one sentence a user can act on."""


class IsthmusError(ValueError):
    """Base of every error that Isthmus raises on purpose."""


class DataError(IsthmusError):
    """Data that cannot be used as it is: the message names the file, what was found and the mend."""


class ModelFileError(IsthmusError):
    """A model file that is wrong, damaged, altered or from a newer version."""
