from concurrent.futures import ThreadPoolExecutor

import numpy as np

from isthmus.compression.choice import candidates
from isthmus.compression.codec import Codec
from isthmus.compression.demand import Demand, Tolerance
from isthmus.compression.fields import Fields
from isthmus.compression.header import Track
from isthmus.compression.packed_bytes import Xz


def test_what_may_not_win_over_those_before_is_not_tried(monkeypatch):
    steps = np.add.outer(np.arange(300), np.arange(40)).astype(np.uint8)
    asked = []

    def may_win(self, sample, promise, n_bytes):
        asked.append((self.part_name, n_bytes))
        return self.part_name != "xz"

    monkeypatch.setattr(Fields, "may_win", may_win)
    monkeypatch.setattr(Xz, "may_win", may_win)
    names = ("stored", "pcodec", "xz", "fields")
    demand = Demand(Tolerance(), "default", None, names)
    track = Track("values", steps.dtype, (40,))
    with ThreadPoolExecutor(1) as pool:
        tried = candidates(track, steps, len(steps), demand, pool)
    bytes_of = {own.packing.codec: own.estimate(1) for own in tried}
    assert set(bytes_of) == {"stored", "pcodec", "fields"}
    quick = min(bytes_of["stored"], bytes_of["pcodec"])
    assert asked == [("fields", quick), ("xz", min(bytes_of.values()))]


def test_the_quickest_have_the_first_turn():
    turns = {name: codec.turn for name, codec in Codec.members().items()}
    assert {name for name, turn in turns.items() if turn == 0} == {"pcodec", "quantized", "stored"}
    assert turns["context_mixing"] < turns["fields"] < turns["images"] < turns["xz"]
