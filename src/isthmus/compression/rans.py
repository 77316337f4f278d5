"""Entropy coding: interleaved rANS, many lanes in step so that NumPy does the work.

A symbol takes the slots ``start`` to ``start + frequency`` of 2¹⁴. Symbol i goes to lane
``i % n_lanes``. A lane's state is 32 bits, of which 16 move to or from the stream of words, which
all lanes share in the order of the symbols: so what is written depends on no batch size.

References
----------
Duda (2013), Asymmetric numeral systems; Giesen (2014), Interleaved entropy coders.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import numpy as np

from isthmus.errors import ArchiveError, IsthmusError

BITS = 14
TOTAL = 1 << BITS
_LEAST_LANES, _MOST_LANES = 16, 2_048
# More lanes would be quicker, but what predicts takes longer than what decodes.
_PAYLOAD_OF_A_LANE = 600
# A state stays from here to 2³².
_WORD_BITS = 16
_LEAST_STATE = 1 << _WORD_BITS
_SLOT = np.uint32(TOTAL - 1)
_HEAD = np.dtype("<u2")
_STATE = np.dtype("<u4")
_WORD = np.dtype("<u2")


def lanes_for(n_payload_bytes: int) -> int:
    """Give the lanes that suit a payload: each costs about 3 bytes, and makes a step longer."""
    return min(max(n_payload_bytes // _PAYLOAD_OF_A_LANE, _LEAST_LANES), _MOST_LANES)


def encode(starts: np.ndarray, frequencies: np.ndarray, n_lanes: int) -> bytes:
    """Encode symbols in the order in which they will be decoded.

    Parameters
    ----------
    starts, frequencies : ndarray of int
        The first slot of each symbol and how many it has: at least 1, and both together at most
        2¹⁴. Of shape ``(n_symbols,)``.
    n_lanes : int
        As `lanes_for` gives; fewer where there are fewer symbols.

    Returns
    -------
    bytes
        Lanes (16 bits), the states of all (32 bits each), then words of 16 bits.
    """
    n_symbols = len(starts)
    starts, frequencies = np.asarray(starts, np.uint32), np.asarray(frequencies, np.uint32)
    if n_symbols and (frequencies.min() < 1 or (starts + frequencies).max() > TOTAL):
        raise IsthmusError(f"a symbol has no slot or ends after slot {TOTAL}.")
    n_lanes = min(max(n_lanes, 1), _MOST_LANES, max(n_symbols, 1))
    states = np.full(n_lanes, _LEAST_STATE, np.uint32)
    words = []
    # The last symbol is encoded first, and the first is decoded first.
    for first in range((n_symbols - 1) // n_lanes * n_lanes, -1, -n_lanes):
        frequency = frequencies[first : first + n_lanes]
        state = states[: len(frequency)]
        # As the state has 32 bits: state >= frequency << 18, which itself may need 33.
        full = (state >> (2 * _WORD_BITS - BITS)) >= frequency
        if full.any():
            words.append(state[full].astype(_WORD))
            state[full] >>= _WORD_BITS
        quotient, rest = np.divmod(state, frequency)
        state[:] = (quotient << BITS) + rest + starts[first : first + n_lanes]
    head = np.array([n_lanes], _HEAD).tobytes() + states.astype(_STATE).tobytes()
    return head + b"".join(part.tobytes() for part in reversed(words))


@final
class Decoder:
    """Decode symbols whose probabilities may hang on those before them.

    Parameters
    ----------
    data : bytes
        What `encode` gave.

    Attributes
    ----------
    n_lanes : int
        The most symbols that can be looked at at once.

    Examples
    --------
    >>> import numpy as np
    >>> symbols = np.array([0, 1, 1, 0, 1])
    >>> starts, frequencies = np.array([0, 4_000]), np.array([4_000, 12_384])
    >>> decoder = Decoder(encode(starts[symbols], frequencies[symbols], n_lanes=16))
    >>> def find(slots, part):
    ...     found = np.searchsorted(starts, slots, side="right") - 1
    ...     return found, starts[found], frequencies[found]
    >>> decoder.read(5, find)
    array([0, 1, 1, 0, 1])
    >>> decoder.finish()
    """

    def __init__(self, data: bytes) -> None:
        n_lanes = int.from_bytes(data[: _HEAD.itemsize], "little")
        n_words, odd = divmod(len(data) - _HEAD.itemsize - n_lanes * _STATE.itemsize, 2)
        if not 1 <= n_lanes <= _MOST_LANES or n_words < 0 or odd:
            raise ArchiveError("an entropy-coded stream is cut off.")
        states = np.frombuffer(data, _STATE, n_lanes, _HEAD.itemsize)
        if states.min() < _LEAST_STATE:
            raise ArchiveError("an entropy-coded stream begins with a state that none ends in.")
        self.n_lanes = n_lanes
        self._states = states.astype(np.uint32)
        self._words = np.frombuffer(data, _WORD, n_words, len(data) - 2 * n_words)
        self._lane = 0
        self._word = 0

    def read(
        self, n: int, find: Callable[[np.ndarray, slice], tuple[np.ndarray, ...]]
    ) -> np.ndarray:
        """Give the next symbols, ``(n,)`` int64, as many at once as there are lanes.

        Parameters
        ----------
        n : int
            How many.
        find : callable
            Gives the symbols that hold slots, their first slots and how many they have, from the
            slots and which of the `n` they are for.
        """
        symbols = np.empty(n, np.int64)
        at = 0
        while at < n:
            # Up to the last lane, so that the states lie next to each other.
            part = slice(at, min(at + self.n_lanes - self._lane, n))
            states = self._states[self._lane : self._lane + part.stop - at]
            slots = states & _SLOT
            symbol, starts, frequencies = find(slots, part)
            self._step(states, slots, starts, frequencies)
            self._lane = (self._lane + len(states)) % self.n_lanes
            symbols[part] = symbol
            at = part.stop
        return symbols

    def finish(self) -> None:
        """Check that what was decoded is all that was encoded.

        Raises
        ------
        ArchiveError
            Words are left, or a lane is not where encoding began.
        """
        if self._word < len(self._words) or (self._states != _LEAST_STATE).any():
            raise ArchiveError("an entropy-coded stream does not end where its symbols do.")

    def _step(
        self, states: np.ndarray, slots: np.ndarray, starts: np.ndarray, frequencies: np.ndarray
    ) -> None:
        states >>= BITS
        states *= frequencies.astype(np.uint32, copy=False)
        states += slots
        states -= starts.astype(np.uint32, copy=False)
        (low,) = (states < _LEAST_STATE).nonzero()
        end = self._word + len(low)
        if end > len(self._words):
            raise ArchiveError("an entropy-coded stream ends too early.")
        states[low] = (states[low] << _WORD_BITS) | self._words[self._word : end]
        self._word = end
