"""Messages speak of flags: the command's own, or main.py's."""

import logging

import pytest

import tsgen_jax.__main__ as tsgen
from tests import console
from tsgen_jax.commands import command_line, settings
from tsgen_jax.commands.flag_names import FlagNames, Translated

_NAMES = FlagNames({"data.window": "--window", "seed": "--seed"}, "--set ", ())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("cut it by data.window=96.", "cut it by --window=96."),
        ("a smaller data.window, or data.trailing=missing", None),
        ("(data.window)", "(--window)"),
        ("give --window=96 (data.window).", "give --window=96."),
        ("train.prior.num_steps=0: must be", "--set train.prior.num_steps=0: must be"),
        ("--config.data.root=DIR", "--set data.root=DIR"),
        ("--set data.root=DIR", "--set data.root=DIR"),
        ("seed=-1: must be", "--seed=-1: must be"),
        ("the seed of a run", "the seed of a run"),
        ("/tmp/data.window/x, my.data.windows", "/tmp/data.window/x, my.data.windows"),
        ("data.windows=3", "data.windows=3"),
        ("set ssl.vicreg.weight above 0.", "set --set ssl.vicreg.weight above 0."),
        ("evaluation.scores has x", "--set evaluation.scores has x"),
    ],
)
def test_keys_become_flags(text, wanted):
    if wanted is None:
        wanted = "a smaller --window, or --set data.trailing=missing"
    assert _NAMES.translate(text) == wanted


def test_keys_of_other_sections_stay():
    names = FlagNames({}, "--set ", ("sample", "inpaint"))
    said = names.translate("sample.num_samples=0 and data.window=3")
    assert said == "--set sample.num_samples=0 and data.window=3"


def test_of_main_py():
    said = command_line.NAMES.translate(
        "data.window=0, or --config.data.root=DIR; seed=-1"
    )
    assert said == (
        "--config.data.window=0, or --config.data.root=DIR; --config.seed=-1"
    )


def test_log_records_are_translated():
    record = logging.LogRecord("a", 20, "", 0, "%s=%d", ("data.window", 9), None)
    assert Translated(_NAMES).filter(record)
    assert record.getMessage() == "--window=9"


def test_every_command_has_its_own_names():
    _, subs = tsgen._parser()
    text = "data.window=9, data.path, seed=1, evaluation.seed=2, sample.schedule=x"
    said = {
        name: settings.flag_names(sub).translate(text) for name, sub in subs.items()
    }
    assert said["train"] == (
        "--window=9, --data, --seed=1, --set evaluation.seed=2, --set sample.schedule=x"
    )
    assert said["data"].startswith("--window=9, --data, seed=1, evaluation.seed=2")
    assert said["evaluate"] == (
        "--window=9, --data, seed=1, --seed=2, sample.schedule=x"
    )
    assert said["sample"].endswith("evaluation.seed=2, --set sample.schedule=x")
    assert said["report"] == text
    forecast = settings.flag_names(subs["forecast"])
    assert forecast.translate("data.layout=wide") == "data.layout=wide"


def test_an_error_of_train_names_its_flags(tmp_path, monkeypatch, capsys):
    rows = "".join(f"{i % 7}\n" for i in range(100))
    (tmp_path / "one.csv").write_text("load\n" + rows)
    monkeypatch.chdir(tmp_path)
    assert console.run(monkeypatch, "train", "one.csv", "--window=101") == 1
    told = capsys.readouterr().err
    assert "tsgen train: " in told
    assert "--window=101 is longer than" in told
    assert "data.window" not in told
