import subprocess
import sys

import pytest

import isthmus
from isthmus.family import Family

FAMILIES = {"Architecture", "Code", "Codec", "Corruption", "Likelihood", "Penalty", "Unlabelled"}
EXPORTS = {
    "Archive",
    "ArchiveError",
    "Autoencoder",
    "AutoencoderClassifier",
    "AutoencoderImputer",
    "AutoencoderRegressor",
    "BitsBack",
    "BoltzmannMachine",
    "Checkpoint",
    "CheckpointError",
    "ComponentSweep",
    "Compression",
    "Compressor",
    "ContractiveAutoencoder",
    "ConvolutionalAutoencoder",
    "DataError",
    "DataWarning",
    "Dataset",
    "DenoisingAutoencoder",
    "IsthmusError",
    "LinearAutoencoder",
    "Map",
    "MissingValueError",
    "Model",
    "ModelFileError",
    "OutlierDetector",
    "PredictionTerm",
    "Session",
    "Shortcut",
    "SparseAutoencoder",
    "StackedAutoencoder",
    "VariationalAutoencoder",
    "compress",
    "decompress",
    "explore",
    "from_batches",
    "limited_memory",
    "load",
    "read",
    "write_map",
    "write_report",
}


def test_exported_are_these_names_and_the_parts_of_every_family():
    families = [kind for kind in Family.__subclasses__() if kind.__module__.startswith("isthmus.")]
    parts = [part for family in families for part in family.members().values()]
    assert {family.__name__ for family in families} == FAMILIES
    assert set(isthmus.__all__) == EXPORTS | FAMILIES | {part.__name__ for part in parts}
    assert len(isthmus.__all__) == len(set(isthmus.__all__))
    assert set(isthmus.__all__) <= set(dir(isthmus))


@pytest.mark.parametrize("name", isthmus.__all__)
def test_exported_names_are_imported_by_a_star_and_by_themselves(name):
    everything = {}
    exec("from isthmus import *", everything)
    assert everything[name] is getattr(isthmus, name)
    assert everything[name].__name__ == name


def test_unknown_name_is_an_attribute_error():
    assert not hasattr(isthmus, "Autodecoder")


@pytest.mark.parametrize(
    ("code", "libraries"),
    [
        ("import isthmus, isthmus.cli", []),
        ("from isthmus import cli, read, Dataset, IsthmusError", []),
        ("import isthmus; hasattr(isthmus, 'networks')", []),
    ],
)
def test_importing_waits_for_no_library_that_it_does_not_need(code, libraries):
    code += "; import sys; print(*[name for name in ('jax', 'sklearn') if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == libraries


def test_a_new_process_loads_a_model(tmp_path, table):
    isthmus.LinearAutoencoder(2).fit(table).save(tmp_path / "model.isthmus")
    code = "import sys; from isthmus import load; print(load(sys.argv[1]).n_components_)"
    command = [sys.executable, "-c", code, tmp_path / "model.isthmus"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "2\n"


def test_a_new_process_finds_the_models_of_the_command_line():
    code = "from isthmus.cli.models import model_class; print(model_class('deep').__name__)"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "Autoencoder\n"
