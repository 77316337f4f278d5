"""Each command has the options that it is known to have."""

from types import UnionType
from typing import Union, get_args, get_origin

import pytest

from .commands import options

# By command and group: names, type, and the default or a "!" where one must be given.
RECORDED = {
    "demo": {
        "Parameters": """
            --output,-o:Path=isthmus-demo --random-state:int=0
        """,
    },
    "fit": {
        "Arguments": """
            DATA:list[str]!
        """,
        "Many hosts": """
            --coordinator:str --join-seconds:float=25.0 --process-id:int --processes:int
        """,
        "Model": """
            --activation:str --channels:str --code-activation:str --corruption:str --hidden:str
            --init:Path --kernel-size:int --kind:list[str] --level:float --likelihood:str
            --model:str=deep --n-components:float --network:str --penalty:str --scaling:str
            --shortcut,--no-shortcut:bool --signal:bool
            --tied-weights,--no-tied-weights:bool --variance:str
        """,
        "One kind of model only": """
            --beta:float --binarize,--no-binarize:bool --free-bits:float --k:int --l2:float
            --n-cycle-epochs:int --n-importance-samples:int --n-pretraining-epochs:int --n-steps:int
            --n-warmup-epochs:int --persistent,--no-persistent:bool --pretrain:str --solver:str
            --sparsity:str --strength:float --target:float --visible:str --whiten,--no-whiten:bool
        """,
        "Output": """
            --no-report:bool=False --output,-o:Path! --report:Path
        """,
        "Parameters": """
            --colour:str --exclude:list[str] --labels:str --memory:str
        """,
        "Training": """
            --batch-size:int --checkpoint-seconds:float --checkpoint:Path
            --early-stopping,--no-early-stopping:bool --fresh:bool=False
            --learning-rate-schedule:str --learning-rate:float --log:Path --max-epochs:int
            --patience:int --precision:str --random-state:int=0 --tensorboard:Path
            --validation-fraction:float --verbose,--no-verbose:bool --weight-decay:float
        """,
    },
    "sweep": {
        "Arguments": """
            DATA:list[str]!
        """,
        "Model": """
            --components:str=1,2,4,8,16,32 --hidden:str --kind:list[str] --model:str=deep
        """,
        "Output": """
            --best:Path --output,-o:Path=isthmus-sweep
        """,
        "Parameters": """
            --exclude:list[str]
        """,
        "Training": """
            --batch-size:int --learning-rate:float --log:Path --max-epochs:int --n-seeds:int=1
            --random-state:int=0 --tensorboard:Path --verbose,--no-verbose:bool
        """,
    },
    "anomalies": {
        "Arguments": """
            DATA:list[str]!
        """,
        "Model": """
            --contamination:str --kind:list[str] --method:str --random-state:int=0
        """,
        "Output": """
            --model-out:Path --n-reasons:int=3 --n-shown:int=5 --output,-o:Path!
        """,
        "Parameters": """
            --exclude:list[str] --memory:str
        """,
    },
    "compress": {
        "Arguments": """
            DATA:list[str]!
        """,
        "Parameters": """
            --codec:list[str] --effort:str=default --explain:bool=False --fill:list[float]
            --lossless:bool=False --max-error:str --memory:str --model:Path --output,-o:Path!
        """,
    },
    "decompress": {
        "Arguments": """
            ARCHIVE:Path!
        """,
        "Parameters": """
            --output,-o:Path! --rows:str
        """,
    },
    "encode": {
        "Arguments": """
            DATA:list[str]! MODEL:Path!
        """,
        "Parameters": """
            --memory:str --output,-o:Path!
        """,
    },
    "decode": {
        "Arguments": """
            CODES:list[str]! MODEL:Path!
        """,
        "Parameters": """
            --memory:str --output,-o:Path!
        """,
    },
    "classify fit": {
        "Arguments": """
            DATA:list[str]!
        """,
        "Model": """
            --hidden:str --init:Path --layer:int --n-components:int
        """,
        "Output": """
            --output,-o:Path!
        """,
        "Parameters": """
            --exclude:list[str] --labels:str!
        """,
        "Training": """
            --batch-size:int --corruption:str --dropout:float
            --early-stopping,--no-early-stopping:bool --entropy:float
            --frozen-encoder:bool=False --label-smoothing:float --layer-decay:float
            --learning-rate:float --level:float --log:Path --max-epochs:int --patience:int
            --radius:float --random-state:int=0 --reconstruction:float --tensorboard:Path
            --unlabelled:str --validation-fraction:float --verbose,--no-verbose:bool
            --weight-decay:float
        """,
    },
    "classify predict": {
        "Arguments": """
            DATA:list[str]! MODEL:Path!
        """,
        "Parameters": """
            --labels:str --output,-o:Path! --probabilities:bool=False
        """,
    },
    "impute": {
        "Arguments": """
            FILES:list[str]!
        """,
        "Many hosts": """
            --coordinator:str --join-seconds:float=25.0 --process-id:int --processes:int
        """,
        "Parameters": """
            --exclude:list[str] --memory:str --model-out:Path --output,-o:Path!
        """,
        "Training": """
            --batch-size:int --checkpoint-seconds:float --checkpoint:Path --fresh:bool=False
            --kind:list[str] --learning-rate:float --log:Path --max-epochs:int
            --random-state:int=0 --tensorboard:Path --verbose,--no-verbose:bool
        """,
    },
    "map": {
        "Arguments": """
            FILES:list[str]!
        """,
        "Model": """
            --exaggeration:float --kind:list[str] --n-landmarks:int --n-neighbors:int --scaling:str
        """,
        "Output": """
            --codes-out:Path --colour:str --dark:bool=False --labels:str --model-out:Path
            --output,-o:Path!
        """,
        "Parameters": """
            --exclude:list[str] --memory:str
        """,
        "Training": """
            --batch-size:int --learning-rate:float --max-epochs:int --random-state:int=0
            --validation-fraction:float --verbose,--no-verbose:bool
        """,
    },
    "explore": {
        "Arguments": """
            DATA:list[str]! MODEL:Path!
        """,
        "Parameters": """
            --labels:str --memory:str --no-browser:bool=False --output,-o:Path --port:int=0
        """,
    },
    "score": {
        "Arguments": """
            DATA:list[str]! MODEL:Path!
        """,
        "Parameters": """
            --memory:str --output,-o:Path
        """,
    },
    "sample": {
        "Arguments": """
            MODEL:Path!
        """,
        "Parameters": """
            --n-samples,-n:int=16 --noise:bool=False --output,-o:Path! --random-state:int=0
        """,
    },
    "info": {
        "Arguments": """
            MODEL:Path!
        """,
        "Parameters": """
            --json:bool=False
        """,
    },
    "devices": {
        "Parameters": """
            --json:bool=False
        """,
    },
}


def told(argument):
    default = "!" if argument.required else argument.field_info.default
    ending = default if default == "!" else "" if default is None else f"={default}"
    return f"{','.join(argument.names)}:{type_name(argument.hint)}{ending}"


def type_name(hint):
    if isinstance(hint, UnionType) or get_origin(hint) is Union:
        return type_name(get_args(hint)[0])
    return str(hint) if get_args(hint) else hint.__name__


@pytest.mark.parametrize("name", RECORDED)
def test_a_command_has_the_options_that_it_is_known_to_have(name):
    found = {}
    for argument in options(name):
        (group,) = argument.parameter.group
        found.setdefault(group.name, set()).add(told(argument))
    assert found == {group: set(text.split()) for group, text in RECORDED[name].items()}
