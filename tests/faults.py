"""Errors of the system, injected at one call after the other."""

from __future__ import annotations

import builtins
import errno
import io
import os
from contextlib import contextmanager
from pathlib import Path

# What reaches the disk by a path, and what by a descriptor.
_BY_PATH = (
    *("open", "stat", "lstat", "mkdir", "rmdir", "unlink", "remove", "rename", "replace", "chmod"),
    *("chown", "listdir", "scandir", "link", "truncate"),
)
_BY_DESCRIPTOR = ("write", "fsync", "close", "ftruncate", "fstat")


class Faults:
    """Counts the calls that concern a folder, and lets one of them fail, or all from it on.

    Parameters
    ----------
    folder : Path
        All calls to other places stay as they are.
    number : int or None
        The call that fails, counted from 0; None lets none fail.
    lasting : bool
        Whether all that come after it fail too.
    error : int
        The number of the error.
    """

    def __init__(self, folder, number=None, *, lasting=False, error=errno.EIO):
        self._folder, self._number = os.path.realpath(folder), number
        self._lasting, self._error = lasting, error
        self._descriptors = set()
        self.calls = []

    def _count(self, name, path):
        position = len(self.calls)
        self.calls.append(name)
        if self._number is None or position < self._number:
            return
        if position == self._number or self._lasting:
            raise OSError(self._error, os.strerror(self._error), str(path))

    def _concerns(self, path):
        if isinstance(path, int):
            return path in self._descriptors
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        return os.path.abspath(os.fsdecode(path)).startswith(self._folder)

    def _by_path(self, name, system):
        def call(path, *arguments, **options):
            if self._concerns(path):
                self._count(name, path)
            result = system(path, *arguments, **options)
            if name == "open" and self._concerns(path):
                self._descriptors.add(result)
            return result

        return call

    def _by_descriptor(self, name, system):
        def call(descriptor, *arguments):
            concerns = descriptor in self._descriptors
            if name == "close":
                # A close that fails has closed all the same.
                self._descriptors.discard(descriptor)
                system(descriptor)
            if concerns:
                self._count(name, descriptor)
            return None if name == "close" else system(descriptor, *arguments)

        return call

    def _open(self, system):
        faults = self

        class File(io.FileIO):
            def write(self, data):
                faults._count("file.write", self.name)
                return super().write(data)

            def truncate(self, size=None):
                faults._count("file.truncate", self.name)
                return super().truncate(size)

            def close(self):
                closed = self.closed
                super().close()
                if not closed:
                    faults._count("file.close", self.name)

        def call(path, mode="r", *arguments, **options):
            writes = set(mode) & set("wax+")
            if not writes or isinstance(path, int) or not faults._concerns(path):
                return system(path, mode, *arguments, **options)
            faults._count("file.open", path)
            kind = mode.replace("b", "").replace("t", "")
            raw = File(path, kind, opener=options.get("opener"))
            buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding="utf-8")

        return call

    @contextmanager
    def injected(self, monkeypatch):
        with monkeypatch.context() as patch:
            for name in _BY_PATH:
                patch.setattr(os, name, self._by_path(name, getattr(os, name)))
            for name in _BY_DESCRIPTOR:
                patch.setattr(os, name, self._by_descriptor(name, getattr(os, name)))
            opened = self._open(io.open)
            patch.setattr(io, "open", opened)
            patch.setattr(builtins, "open", opened)
            yield


def contents(folder):
    """Give all that lies in a folder, hidden files and those of folders too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }
