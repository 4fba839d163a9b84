"""Help, versions and hints of the command line; nothing is computed."""

import re

import pytest

import tsgen_jax.__main__ as tsgen
from tests import console
from tsgen_jax.commands import lists, settings
from tsgen_jax.configs import default
from tsgen_jax.data.augment import time
from tsgen_jax.evaluation.scores import GROUPS
from tsgen_jax.judges import JUDGES
from tsgen_jax.losses import self_supervised

_COMMANDS = tuple(tsgen._COMMANDS)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_where_no_command_is_given(arguments, monkeypatch, capsys):
    assert console.run(monkeypatch, *arguments) == 0
    told = capsys.readouterr().out
    assert all(f"    {name} " in told for name in _COMMANDS)


def test_version_names_package_jax_and_python(monkeypatch, capsys):
    assert console.run(monkeypatch, "--version") == 0
    told = capsys.readouterr().out
    assert re.match(r"tsgen_jax \d+\.\d+\.\d+.*, jax \d.*, Python 3", told)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], "no command trian. Did you mean 'train'?"),
        (["xyzzy"], "There are: train, data,"),
        (["--versoin"], "Did you mean '--version'?"),
        (
            ["train", "a.csv", "--windw=3"],
            "no option --windw. Did you mean '--window'?",
        ),
        (["train", "a.csv", "--wind=3"], "no option --wind."),  # No short forms.
        (["sample", "--run=a", "--label=1"], "Did you mean '--class'?"),
        (["sample", "--run=a", "--output=b"], "Did you mean '--out'?"),
        (["train", "--config.seed=3"], "Write --set seed=VALUE"),
    ],
)
def test_did_you_mean(arguments, words, monkeypatch, capsys):
    assert console.run(monkeypatch, *arguments) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.splitlines()[-1].endswith("--help")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config=ssl_vqva"], "Did you mean 'ssl_vqvae'?"),
        (["--config=ssl_vqvae:barlow"], "Did you mean 'barlow_twins'?"),
        (["--set", "quantizer.num_code=3"], "Did you mean 'quantizer.num_codes'?"),
        (["--set", "num_codes=3"], "Did you mean 'quantizer.num_codes'?"),
        (["--set", "augment.names=jiter"], "Did you mean 'jitter'?"),
        (["--set", "ssl.method=vicrg"], "Did you mean 'vicreg'?"),
        (["--set", "evaluation.scores=fidelty"], "Did you mean 'fidelity'?"),
    ],
)
def test_did_you_mean_a_name(arguments, words, monkeypatch, capsys):
    assert console.run(monkeypatch, "train", "GunPoint", *arguments) == 1
    assert words in capsys.readouterr().err


def test_help_lists_what_there_is(monkeypatch, capsys):
    assert lists.groups() == GROUPS
    assert set(lists.augmentations()) == set(time.AUGMENTATIONS)
    assert set(lists.methods()) == set(self_supervised.names())
    assert console.run(monkeypatch, "train", "--help") == 0
    told = capsys.readouterr().out
    for name in (
        *lists.configs(),
        *lists.methods(),
        *lists.augmentations(),
        *time.SETS,
    ):
        assert re.search(rf"\b{name}\b", told), name
    for command in ("evaluate", "compare"):
        assert console.run(monkeypatch, command, "--help") == 0
        told = capsys.readouterr().out
        assert all(name in told for name in (*GROUPS, *JUDGES))


def test_one_word_for_one_thing():
    """What several commands have in common has one name and one help text."""
    _, subs = tsgen._parser()
    options = {
        name: {o: a for o, a in sub._option_string_actions.items()}
        for name, sub in subs.items()
    }
    for command in ("train", "data", "evaluate", "compare"):
        assert {"--data", "--root", "--set", *_reading()} <= set(options[command])
    for command in ("train", "sample", "impute", "forecast", "evaluate", "compare"):
        assert "everything random" in options[command]["--seed"].help
    for command in ("sample", "impute", "forecast"):
        assert "name of the class" in options[command]["--class"].help
    of_series = [options[name] for name in ("train", "data", "evaluate", "compare")]
    for option in (*_reading(), "--root"):  # --layout of other commands: the output's.
        texts = {of[option].help for of in of_series}
        assert len(texts) == 1, option


def _reading():
    return [f"--{option}" for option in settings._READING]


def test_data_with_and_without_its_flag(monkeypatch, capsys):
    assert console.run(monkeypatch, "data", "GunPoint") == 0
    first = capsys.readouterr().out
    assert console.run(monkeypatch, "data", "--data=GunPoint") == 0
    assert capsys.readouterr().out == first
    assert console.run(monkeypatch, "data", "GunPoint", "--data=Coffee") == 1
    assert "Which data: GunPoint, or --data=Coffee?" in capsys.readouterr().err
    assert console.run(monkeypatch, "train") == 1
    assert "Which data set or file? Give --data=FILE" in capsys.readouterr().err


def test_the_seed_is_the_configs(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "tsgen_jax.pipeline.run", lambda config, *_: seen.append(config)
    )
    assert console.run(monkeypatch, "train", "GunPoint", "--seed=7") == 0
    assert console.run(monkeypatch, "train", "GunPoint") == 0
    assert [config.seed for config in seen] == [7, default.get_config().seed]
