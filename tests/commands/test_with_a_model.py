"""sample, impute, forecast, report and export, as a user types them."""

import functools
import os
import pathlib

import numpy as np
import pandas as pd
import pytest

import tsgen_jax
from tests import console, tiny
from tsgen_jax.api import load as loading

# A run is loaded, and its programs traced, once for all commands.
_LOAD = functools.cache(tsgen_jax.load)


def _load(path, settings=None):
    if settings:
        return loading.load(path, settings)
    return _LOAD(os.path.abspath(path))


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tsgen_jax, "load", _load)

    def command(*arguments):
        """The exit code."""
        return console.run(monkeypatch, *arguments)

    return command


@pytest.fixture
def gaps(tmp_path):
    x = tiny.make_dataset(channels=2).x_test[:3].astype(np.float64)
    x[:, 8:14] = np.nan
    np.savez(tmp_path / "gaps.npz", x=x)
    return x


def test_samples_in_every_format(run, tiny_run, tiny_model):
    judge = tiny_model.sample(5, label="1", seed=2)
    for name in ("a.npz", "a.csv", "a.parquet"):
        arguments = ["--num=5", "--class=1", "--seed=2", f"--out={name}"]
        assert run("sample", f"--run={tiny_run}", *arguments) == 0
    with np.load("a.npz") as stored:
        np.testing.assert_array_equal(stored["x"], judge)
        np.testing.assert_array_equal(stored["label"], [1] * 5)
        assert tuple(stored["classes"]) == tiny_model.classes
    for frame in (pd.read_csv("a.csv"), pd.read_parquet("a.parquet")):
        assert list(frame.columns[:3]) == ["series", "time", "channel_0"]
        assert set(frame["label"].astype(str)) == {"1"}
        for c in range(2):
            column = frame.pivot(index="series", columns="time", values=f"channel_{c}")
            np.testing.assert_allclose(column, judge[:, :, c], rtol=1e-6)
    assert (
        run("sample", f"--run={tiny_run}", "--num=2", "--length=50", "--out=l.npz") == 0
    )
    assert run("sample", f"--run={tiny_run}", "--out=n.npz", "--set=prior.width=8") == 1
    assert not os.path.exists("n.npz")
    changed = ["--num=5", "--out=n.npz", "--set=sample.num_decode_steps=1"]
    assert run("sample", f"--run={tiny_run}", *changed) == 0
    with np.load("n.npz") as stored:
        judge = loading.load(tiny_run, {"sample.num_decode_steps": 1})
        np.testing.assert_array_equal(stored["x"], judge.sample(5))
    with np.load("l.npz") as stored:
        assert stored["x"].shape == (2, 50, 2)
        np.testing.assert_array_equal(stored["label"], [0, 1])


def test_gaps_are_filled_and_series_go_on(run, tiny_run, tiny_model, gaps):
    of = [f"--run={tiny_run}", "--num=4"]
    assert run("impute", *of, "--input=gaps.npz", "--out=filled.npz") == 0
    observed = ~np.isnan(gaps)
    with np.load("filled.npz") as stored:
        draws, levels = stored["draws"], stored["levels"]
        np.testing.assert_array_equal(draws, tiny_model.impute(gaps, num=4))
        np.testing.assert_array_equal(stored["observed"], observed)
        np.testing.assert_allclose(stored["median"], np.median(draws, 0), rtol=1e-6)
        judge = np.quantile(draws, levels, axis=0)
        np.testing.assert_allclose(stored["quantiles"], judge, rtol=1e-5)
        np.testing.assert_allclose(stored["median"][observed], gaps[observed], 1e-6)
    more = ["--quantiles=bands.csv", "--draws=draws.csv", "--plot"]
    assert run("impute", *of, "--input=gaps.npz", "--out=filled.csv", *more) == 0
    frame = pd.read_csv("filled.csv", float_precision="round_trip")
    np.testing.assert_array_equal(frame["channel_1_observed"], observed[..., 1].ravel())
    given = frame["channel_1_observed"] == 1
    np.testing.assert_array_equal(
        frame["channel_1"][given], gaps[..., 1].ravel()[given]
    )
    frame = pd.read_csv("bands.csv")
    assert frame["channel_1_q05"].le(frame["channel_1_q95"]).all()
    frame = pd.read_csv("draws.csv").query("draw == 3")
    np.testing.assert_allclose(frame["channel_1"], draws[3, ..., 1].ravel(), 1e-5)
    assert pathlib.Path("filled.png").stat().st_size > 10_000
    np.save("past.npy", gaps[:, :8])
    more = ["--horizon=20", "--draws=d.parquet", "--out=f.csv"]
    assert run("forecast", *of, "--input=past.npy", *more) == 0
    assert list(pd.read_csv("f.csv")["time"].unique()) == list(range(8, 28))
    judge = tiny_model.forecast(gaps[:, :8], 20, num=4)
    frame = pd.read_parquet("d.parquet").query("draw == 2")
    np.testing.assert_allclose(frame["channel_0"], judge[2, ..., 0].ravel(), 1e-5)


def test_constraints_hold_in_every_output(
    run, tiny_run, tiny_model, gaps, capsys, caplog
):
    of = [f"--run={tiny_run}", "--min=channel_0=0.25", "--integer=1", "--num=4"]
    assert run("sample", *of, "--out=s.csv") == 0
    assert "constraints: of 4 series, tokens of" in caplog.text
    frame = pd.read_csv("s.csv")
    judge = tiny_model.sample(4)[..., 0].ravel()
    assert judge.min() < 0.25 <= frame["channel_0"].min()
    assert (frame["channel_1"] % 1 == 0).all()
    observed = ~np.isnan(gaps)
    for command in ("impute", "forecast"):
        np.save("x.npy", gaps if command == "impute" else gaps[:, :8])
        more = ["--horizon=20"] if command == "forecast" else []
        assert run(command, *of, *more, "--input=x.npy", f"--out={command}.npz") == 0
        assert "given values stay as they are" in caplog.text
        caplog.clear()
        with np.load(f"{command}.npz") as stored:
            for name in ("draws", "median", "quantiles"):
                drawn = stored[name]
                if command == "impute":
                    drawn = drawn[..., ~observed.all((0, 2)), :]
                assert drawn[..., 0].min() >= 0.25
                assert (drawn[..., 1] % 1 == 0).all()
    assert run("sample", *of, "--max=-1", "--out=t.csv") == 1
    assert "min=0.25 is above max=-1 of channel channel_0" in capsys.readouterr().err
    assert run("sample", *of, "--sum-to=channel_0=1", "--out=t.csv") == 1
    assert "--sum-to=1 is of channel channel_0 alone" in capsys.readouterr().err
    assert not os.path.exists("t.csv")


def test_an_exported_model_is_the_same_model(run, tiny_run, tiny_model):
    assert run("export", f"--run={tiny_run}", "--out=model.tsgen", "--no-sampler") == 0
    again = tsgen_jax.load("model.tsgen")
    np.testing.assert_array_equal(again.sample(3, seed=5), tiny_model.sample(3, seed=5))
    assert run("sample", "--run=model.tsgen", "--num=2", "--out=b.csv") == 0
    assert run("sample", "--run=./model.tsgen", "--num=2") == 0  # Into model.csv.
    with open("model.csv") as one, open("b.csv") as other:
        assert one.read() == other.read()
    assert run("sample", "--run=model.tsgen", "--num=2") == 1  # It is there already.


def test_mistakes_end_in_words_and_leave_nothing(run, tiny_run, gaps, capsys, tmp_path):
    of = f"--run={tiny_run}"
    (tmp_path / "words.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "old.npz").write_text("mine")
    np.save(tmp_path / "whole.npy", np.ones((2, 24, 2)))
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    cases = {
        "the suffix says the format": ["sample", of, "--out=a.txt"],
        "give --force": ["sample", of, "--out=old.npz"],
        "there is no directory": ["sample", of, "--out=no/a.npz"],
        "is not there: give a run directory": ["sample", "--run=no", "--out=a.npz"],
        "'B'; known: '0', '1'": ["sample", of, "--class=B", "--out=a.npz"],
        "num=0": ["sample", of, "--num=0", "--out=a.npz"],
        "No file or directory no.npz": ["impute", of, "--input=no.npz", "--out=a.npz"],
        "words.csv has 1 channels": ["impute", of, "--input=words.csv", "--out=a.npz"],
        "no missing values": ["impute", of, "--input=whole.npy", "--out=a.npz"],
        "name one file": [
            *("impute", of, "--input=gaps.npz"),
            *("--out=a.npz", "--draws=a.npz"),
        ],
        "--draws=a.doc: the suffix": [
            *("impute", of, "--input=gaps.npz"),
            *("--out=a.npz", "--draws=a.doc"),
        ],
        "layout=wide is of one channel": [
            *("impute", of, "--input=gaps.npz"),
            *("--out=a.csv", "--layout=wide"),
        ],
        "has no column of times": [
            *("sample", of, "--out=a.csv", "--start=2024-01-01"),
        ],
        "was never judged": ["report", of],
        "is no model file": [
            "export",
            "--run=old.npz",
            "--out=m.tsgen",
            "--no-sampler",
        ],
    }
    for words, arguments in cases.items():
        assert run(*arguments) == 1, words
        assert words in capsys.readouterr().err
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    assert run("sample", of, "--num=1", "--out=old.npz", "--force") == 0


def test_parquet_without_pyarrow_is_told(run, tiny_run, monkeypatch, capsys):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "pyarrow" else find(name),
    )
    assert run("sample", f"--run={tiny_run}", "--out=a.parquet") == 1
    assert "pip install pyarrow" in capsys.readouterr().err


def test_every_command_explains_itself(run, capsys):
    for name in ("sample", "impute", "forecast", "report", "export"):
        assert run(name, "--help") == 0
        said = capsys.readouterr().out
        assert f"tsgen {name} --run=" in said
