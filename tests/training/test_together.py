"""Models trained together, in groups of about equal cost."""

import signal
import threading

import numpy as np
import pytest

from isthmus import Autoencoder, ComponentSweep
from isthmus.errors import IsthmusError
from isthmus.runs import Progress
from isthmus.training import together as together_module
from isthmus.training.together import _CommonProgress, _even_groups

SMALL = {"hidden": [4], "max_epochs": 3, "verbose": False}
ROWS = np.random.default_rng(0).normal(size=(200, 3))


def test_groups_are_even_and_hold_everything_once():
    groups = _even_groups([5, 1, 1, 9, 2, 2], 2)
    assert sorted(i for group in groups for i in group) == list(range(6))
    assert {sum([5, 1, 1, 9, 2, 2][i] for i in group) for group in groups} == {10}
    assert _even_groups([1, 1], 8) == [[0], [1]]


def test_reports_are_those_of_the_last_with_the_sum_of_the_losses():
    told = []
    together = _CommonProgress(told.append, 2)

    def progress(n_updates, loss=None, complete=False):
        return Progress(n_updates, 20, 1, 2, loss, None, epoch_complete=complete)

    for number, one in [
        (0, progress(5)),
        (1, progress(10)),
        (0, progress(10)),
        (1, progress(10, 2.0, complete=True)),
        (1, progress(20, 2.0)),
        (0, progress(10, 3.0, complete=True)),
        (0, progress(15, 3.0)),
    ]:
        together(number, one)
    assert [(one.n_updates, one.loss, one.epoch_complete) for one in told] == [
        (10, None, False),
        (10, 5.0, True),
        (15, 5.0, False),
    ]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_number_of_threads_changes_nothing_but_rounding(monkeypatch, n_threads):
    sweep = ComponentSweep(Autoencoder(**SMALL), components=[1, 2, 3], random_state=0)
    two = sweep.fit(ROWS).results_.errors
    monkeypatch.setattr(together_module, "_n_threads", lambda: n_threads)
    np.testing.assert_allclose(sweep.fit(ROWS).results_.errors, two, rtol=1e-5)


def test_one_ctrl_c_stops_all_threads(monkeypatch):
    monkeypatch.setattr(together_module, "_n_threads", lambda: 2)
    autoencoder = Autoencoder(**SMALL | {"max_epochs": 100_000})
    sweep = ComponentSweep(autoencoder, components=[1, 2], random_state=0)
    observe = together_module._Best.observe

    def press(self, epoch, models):
        observe(self, epoch, models)
        # Once, though both threads come here.
        if threading.current_thread() is threading.main_thread() and epoch == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(together_module._Best, "observe", press)
    sweep.fit(ROWS)
    assert sweep.interrupted_
    assert all(len(e.history_["validation_loss"]) >= 1 for (e,) in sweep.estimators_)


def test_failure_of_one_thread_stops_the_others(monkeypatch):
    monkeypatch.setattr(together_module, "_n_threads", lambda: 2)
    autoencoder = Autoencoder(**SMALL | {"max_epochs": 100_000})
    seen = []
    observe = together_module._Best.observe

    def fail(self, epoch, models):
        observe(self, epoch, models)
        seen.append(epoch)
        if len(models[0].network.encoder[-1].bias) == 1:
            raise IsthmusError("the loss became nan")

    monkeypatch.setattr(together_module._Best, "observe", fail)
    with pytest.raises(IsthmusError, match="the loss became nan"):
        ComponentSweep(autoencoder, components=[1, 2], random_state=0).fit(ROWS)
    assert max(seen) < 50_000
