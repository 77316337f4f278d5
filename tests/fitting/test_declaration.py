"""Parameters are declared once, and everything else follows from that."""

import inspect
import re

import numpy as np
import pytest
from sklearn.base import clone

from isthmus import Autoencoder, ComponentSweep, IsthmusError, Masking
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.parameters import POSITIVE, DenseParameters
from isthmus.fitting.persistence import Persistent
from isthmus.fitting.pretrained import PretrainedAutoencoder

KINDS = [
    kind
    for kind in (*Persistent.subclasses().values(), ComponentSweep)
    if kind.__module__.startswith("isthmus.")
]


SCALARS = {
    int: (np.int64, np.int32, np.uint16),
    float: (np.float64, np.float32),
    bool: (np.bool_,),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_is_documented_with_its_default(kind):
    for name, given in inspect.signature(kind).parameters.items():
        default = given.default
        shown = f'"{default}"' if isinstance(default, str) else repr(default)
        entry = re.search(
            rf"^{name} : (.*), default={re.escape(shown)}\n    \S", kind.__doc__, re.M
        )
        assert entry is not None, name
        assert entry[1] != "object", name
        assert "{names}" not in kind.__doc__


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_first_parameter_may_be_given_without_its_name(kind):
    first, *others = inspect.signature(kind).parameters.values()
    assert first.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert all(given.kind is inspect.Parameter.KEYWORD_ONLY for given in others)


@pytest.mark.parametrize("kind", KINDS)
def test_numeric_parameters_take_the_scalars_of_numpy(kind):
    for name, default in kind().get_params(deep=False).items():
        scalars = {
            int: (np.int64, np.int32, np.uint8),
            float: (np.float64, np.float32),
            bool: (np.bool_,),
        }
        for scalar in scalars.get(type(default), ()):
            value = default if scalar is not np.uint8 else min(default, 200)
            kind(**{name: scalar(value)}).check_parameters()


def test_scalars_of_numpy_train_save_and_load(table, tmp_path):
    numbers = {
        "n_components": np.int64(2),
        "hidden": (np.int32(4),),
        "max_epochs": np.uint8(2),
        "batch_size": np.int64(64),
        "learning_rate": np.float32(1e-3),
        "patience": np.int8(3),
        "validation_fraction": np.float32(0.25),
        "random_state": np.int64(0),
        "verbose": np.int64(0),
    }
    model = Autoencoder(**numbers).fit(table)
    plain = Autoencoder(
        **{name: (4,) if name == "hidden" else number.item() for name, number in numbers.items()}
    ).fit(table)
    np.testing.assert_array_equal(model.transform(table), plain.transform(table))
    model.save(tmp_path / "m.isthmus")


@pytest.mark.parametrize("verbose", [True, False, None, 0, 1, 2, np.int64(1)])
def test_verbose_takes_whole_numbers(verbose):
    Autoencoder(verbose=verbose).check_parameters()


@pytest.mark.parametrize("verbose", [-1, 0.5, "loud"])
def test_verbose_takes_nothing_else(verbose):
    with pytest.raises(ValueError, match="verbose"):
        Autoencoder(verbose=verbose).check_parameters()


def test_bases_cannot_be_made():
    for base in (Persistent, BaseAutoencoder, PretrainedAutoencoder):
        with pytest.raises(TypeError, match="abstract"):
            base()


def test_estimators_of_one_name_are_refused():
    with pytest.raises(IsthmusError, match="there is an estimator Autoencoder already"):
        type("Autoencoder", (BaseAutoencoder,), {})


def test_own_entries_come_first_and_override_those_of_a_group():
    @estimator
    class Declared(DenseParameters):
        """Something with a width.

        Parameters
        ----------
        hidden : int
            How wide.
        noise : {names} or None
            What noise.

        Notes
        -----
        Nothing.
        """

        hidden: int = parameter(POSITIVE, default=7)
        noise: str | None = parameter(
            Named("none", family=lambda: {"b": 1, "a": 2}), default="none"
        )

    assert list(inspect.signature(Declared).parameters) == ["hidden", "noise", "activation"]
    assert Declared().hidden == 7
    head = "Something with a width.\n\nParameters\n----------\n"
    assert Declared.__doc__.startswith(head + "hidden : int, default=7\n    How wide.\n")
    assert 'noise : {"none", "a", "b"} or None, default="none"' in Declared.__doc__
    assert Declared.__doc__.endswith("\n\nNotes\n-----\nNothing.\n")


def test_a_clone_holds_the_very_parameters():
    model = Autoencoder(3, corruption=Masking(0.1), hidden=[8])
    assert clone(model).get_params() == model.get_params()
