"""Files that were changed at random open, or are refused in one sentence."""

import json
from contextlib import suppress

import numpy as np
import pytest

from isthmus import Autoencoder, Checkpoint, CheckpointError, ModelFileError, load
from isthmus.fitting.persistence import Persistent
from isthmus.io import read_model_file
from isthmus.report.description import describe

from .hostile import MODELS, forge


def mutated(content, generator):
    """Change, drop or double some bytes."""
    content = bytearray(content)
    for _ in range(generator.integers(1, 6)):
        at = int(generator.integers(len(content)))
        kind = generator.integers(5)
        if kind == 0:
            content[at] = int(generator.integers(256))
        elif kind == 1:
            content[at] = int(generator.choice(list(b'0123456789-."[]{},e:')))
        elif kind == 2:
            del content[at : at + int(generator.integers(1, 30))]
        elif kind == 3:
            content[at:at] = content[at : at + int(generator.integers(1, 30))]
        else:
            content = content[:at] if at > 8 else content
        if not content:
            break
    return bytes(content)


def mutated_header(header, generator):
    """Put another value at one place of a header, however deep."""
    place, key = header, None
    while key is None or (isinstance(place[key], (dict, list)) and generator.random() < 0.8):
        inside = place if key is None else place[key]
        if not inside:
            break
        keys = list(inside) if isinstance(inside, dict) else range(len(inside))
        place, key = inside, keys[int(generator.integers(len(keys)))]
    values = [None, True, -1, 0, 10**12, 10**30, 1.5, -1e300, "", "\x1b", "auto", [], {}]
    values += [[1] * 50, {"part": "Dense"}, {"estimator": "Autoencoder", "parameters": {}}]
    values += [{"tuple": 3}, [[]], place[key], [place[key]]]
    if isinstance(place, dict) and generator.random() < 0.2:
        del place[key]
    else:
        place[key] = values[int(generator.integers(len(values)))]
    return json.dumps(header)


def mutated_tensors(tensors, generator):
    """Give one array another shape or dtype, or another content, or none at all."""
    name = sorted(tensors)[int(generator.integers(len(tensors)))]
    array = tensors.pop(name)
    others = [array.T, array[..., None], array.astype("f8"), array > 0, array * np.nan]
    choice = int(generator.integers(6))
    if choice < 5:
        tensors[name] = others[choice]
    return tensors


def opens_or_is_refused(path):
    """Load a file; what opens is told of, and saved again, as any model is."""
    sentence = "It opened."
    try:
        estimator = load(path)
        assert isinstance(estimator, Persistent)
        assert json.dumps(describe(estimator))
        again = path.with_name("again.isthmus")
        estimator.save(again)
        first = again.read_bytes()
        load(again).save(again)
        assert again.read_bytes() == first
    except ModelFileError as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert sentence.endswith(".")


FILES = sorted(MODELS.glob("*.isthmus"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_any_mutation_opens_or_is_refused(file, tmp_path):
    generator = np.random.default_rng(FILES.index(file))
    content = file.read_bytes()
    for _ in range(30):
        path = tmp_path / "m.isthmus"
        path.write_bytes(mutated(content, generator))
        with pytest.raises(ModelFileError):
            load(path)
    for number in range(40):
        header, tensors = read_model_file(file)
        header["format_version"] = 1
        text = mutated_header(header, generator) if number % 4 else json.dumps(header)
        if not number % 4:
            tensors = mutated_tensors(tensors, generator)
        opens_or_is_refused(forge(tmp_path / "m.isthmus", text, tensors))


def test_any_mutation_of_a_checkpoint_is_refused_or_gone_on_from(tmp_path, table):
    def fit(**options):
        # Quick, and another run than the one whose checkpoint is there.
        model = Autoencoder(2, hidden=[4], max_epochs=1, random_state=0, verbose=False)
        return model.fit(table[:40], **options)

    folder = tmp_path / "checkpoint"
    fit(checkpoint=Checkpoint(folder, seconds=0))
    file = folder / "checkpoint.isthmus"
    content = file.read_bytes()
    generator = np.random.default_rng(0)
    for number in range(40):
        file.write_bytes(content)
        header, tensors = read_model_file(file)
        header["format_version"] = 1
        if number % 4 == 0:
            file.write_bytes(mutated(content, generator))
        elif number % 4 == 1:
            forge(file, json.dumps(header), mutated_tensors(tensors, generator))
        else:
            forge(file, mutated_header(header, generator), tensors)
        with suppress(CheckpointError):
            fit(checkpoint=folder)
