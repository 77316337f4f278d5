"""What one run has otherwise than another is told."""

import re

import numpy as np
import pytest

from isthmus import Autoencoder, AutoencoderClassifier, AutoencoderRegressor
from isthmus.fitting import identity as identity_module
from isthmus.fitting import rows as rows_module
from isthmus.fitting.identity import Identity, _parameters, check_hosts
from isthmus.fitting.rows import RowsInMemory, StreamedRows
from isthmus.io import ArrayDataset
from isthmus.prepare import NumberPreparation
from isthmus.runs import DisagreementError

ROWS = np.random.default_rng(0).normal(size=(30, 3))

IDENTITY = Identity("Autoencoder", {"level": "1"}, "8 (float32)", 200, "d", "s")

OTHERS = {
    "model": (
        Identity("Sparse", {"level": "1"}, "8 (float32)", 200, "d", "s"),
        "comes from Autoencoder, but this is Sparse",
    ),
    "parameter": (
        Identity("Autoencoder", {"level": "2"}, "8 (float32)", 200, "d", "s"),
        r"other parameters \(level=1, but now level=2\)",
    ),
    "schema": (
        Identity("Autoencoder", {"level": "1"}, "9 (float32)", 200, "d", "s"),
        r"other data \(rows of 8 \(float32\), but now 9 \(float32\)\)",
    ),
    "rows": (
        Identity("Autoencoder", {"level": "1"}, "8 (float32)", 201, "d", "s"),
        r"other data \(200 rows, but now 201\)",
    ),
    "content": (
        Identity("Autoencoder", {"level": "1"}, "8 (float32)", 200, "e", "s"),
        r"other data \(of the same shape, but with other names or values\)",
    ),
    "start": (
        Identity("Autoencoder", {"level": "1"}, "8 (float32)", 200, "d", "t"),
        "started from other weights than this run does",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_difference_is_told(name):
    identity, sentence = OTHERS[name]
    assert IDENTITY.difference(IDENTITY.state()) is None
    assert re.search(sentence, identity.difference(IDENTITY.state()))


BETWEEN_PROCESSES = {
    "model": "another estimator than process 0 (Sparse, but there Autoencoder)",
    "parameter": "other parameters than process 0 (level=2, but there level=1)",
    "schema": "other data than process 0 (rows of 9 (float32), but there 8 (float32))",
    "rows": "other data than process 0 (201 rows, but there 200)",
    "content": "other data than process 0 (of the same shape, but with other names or values)",
    "start": "other weights to start from than process 0",
}


@pytest.mark.parametrize("name", OTHERS)
def test_difference_between_processes_is_told(name):
    identity, _ = OTHERS[name]
    assert IDENTITY.difference_between_processes(3, IDENTITY.state()) is None
    found = IDENTITY.difference_between_processes(3, identity.state())
    assert found == f"process 3 has {BETWEEN_PROCESSES[name]}"


class Together:
    """As many processes as this one has others, which are as they say."""

    def __init__(self, monkeypatch, *changes):
        self.count, self.first = 1 + len(changes), True
        self._changes = list(changes)
        monkeypatch.setattr(identity_module, "Processes", lambda: self)

    def agree(self, size, stop):
        return size, stop

    def gather(self, state):
        return [state, *({**state, **change(state)} for change in self._changes)]


def test_every_process_refuses_to_begin_when_one_is_asked_for_something_else(monkeypatch):
    def other(state):
        return {"parameters": {**state["parameters"], "learning_rate": "0.5"}}

    model = Autoencoder(2, learning_rate=0.1)
    Together(monkeypatch, dict)
    check_hosts(model, checkpoint=True)
    Together(monkeypatch, dict, other)
    sentence = (
        r"process 2 has other parameters .* \(learning_rate=0\.5, but there learning_rate=0\.1\)"
    )
    with pytest.raises(DisagreementError, match=sentence):
        check_hosts(model)
    for estimator in (model, AutoencoderClassifier(model), AutoencoderRegressor(model)):
        Together(monkeypatch, lambda state: {"model": "Sparse"})
        with pytest.raises(DisagreementError, match="another estimator"):
            estimator.fit(ROWS, ROWS[:, 0] > 0)
    with pytest.raises(DisagreementError, match="another estimator"):
        model.partial_fit(ROWS)


def test_version_of_another_process_counts(monkeypatch):
    def other(state):
        return {"parameters": {**state["parameters"], "jax": "'0.0'"}}

    Together(monkeypatch, other)
    with pytest.raises(DisagreementError, match=r"process 1 has other .* \(jax='0\.0', but there"):
        check_hosts(Autoencoder())


@pytest.mark.parametrize("kind", ["memory", "stream"])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_one_row_that_differs_is_noticed(kind, dtype, monkeypatch):
    monkeypatch.setattr(rows_module, "Processes", lambda: Together(monkeypatch, dict))
    values = np.arange(40_000).reshape(5_000, 8).astype(dtype)
    swapped = values.copy()
    swapped[[4_001, 4_002]] = swapped[[4_002, 4_001]]  # neither is among the thousand sampled
    digests = []
    for array in (values, swapped, values.copy()):
        dataset = ArrayDataset(array)
        preparation = NumberPreparation.fit(dataset, "auto")
        rows = (
            RowsInMemory(preparation, preparation.matrix(dataset))
            if kind == "memory"
            else StreamedRows(preparation, dataset, 0.1, 0)
        )
        digests.append(rows.digest())
    assert digests[0] == digests[2] != digests[1]


def test_where_an_object_lies_in_memory_is_no_difference():
    class Unnamed:
        pass

    first, second = (_parameters(Autoencoder(activation=Unnamed())) for _ in "ab")
    assert first == second


def test_another_order_of_the_rows_is_told_with_its_remedy():
    then = Identity("A", {}, "8", 200, "d", "s", {"memory": "1MB"})
    now = Identity("A", {}, "8", 200, "d", "s", {"memory": "2MB"})
    assert "memory=1MB, but now memory=2MB" in now.difference(then.state())
    assert now.remedy(then.state()).startswith("give --memory 1MB (in Python")
    assert not now.remedy(now.state())
