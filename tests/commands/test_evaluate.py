import json

import numpy as np
import pandas as pd
import pytest
from aeon.datasets import load_gunpoint
from ml_collections import ConfigDict

from tests import console
from tsgen_jax.commands import settings
from tsgen_jax.runs.config import override

_QUICK = (
    "evaluation.scores=fidelity+privacy",
    "evaluation.judges=fcn",
    "evaluation.num_draws=10",
    "judge.widths=(8, 8, 8)",
    "train.judge.num_steps=3",
)


@pytest.fixture
def quick(tmp_path):
    pairs = (*_QUICK, f"judge.dir={tmp_path / 'judges'}")
    return [part for pair in pairs for part in ("--set", pair)]


@pytest.fixture
def files(tmp_path):
    x, y = load_gunpoint("TRAIN")
    x, y = x.swapaxes(1, 2), np.asarray(y, int) - 1
    np.savez(tmp_path / "copies.npz", x=x, label=y)
    # As tsgen sample writes it: classes by name.
    table = pd.DataFrame(x[:, :, 0]).add_prefix("t").assign(label=y + 1)
    table.to_csv(tmp_path / "copies.csv", index=False)
    noise = np.random.default_rng(0).normal(size=x.shape)
    np.savez(tmp_path / "noise.npz", x=noise, label=y)
    np.savez(tmp_path / "short.npz", x=x[:, :100], label=y)
    return tmp_path


def test_files_are_judged_and_compared(files, quick, monkeypatch, capsys):
    out = files / "out"
    arguments = ["evaluate", "--data=GunPoint", f"--samples={files / 'copies.csv'}"]
    assert console.run(monkeypatch, *arguments, f"--out={out}", *quick) == 0
    found = json.loads((out / "evaluation" / "scores.json").read_text())
    of = {row["name"]: row for row in found["scores"]}
    assert of["distance_to_closest_record"]["value"] < 1e-6
    assert of["fid"]["judge"] == "fcn"
    assert "distance_to_closest_record" in capsys.readouterr().out
    assert (out / "report.html").stat().st_size > 10_000
    assert (out / "scores.csv").read_text().startswith("group,name")
    names = [str(files / name) for name in ("copies.npz", "noise.npz")]
    both = files / "both"
    more = ["--data=GunPoint", f"--out={both}", *quick]
    assert console.run(monkeypatch, "compare", *names, *more) == 0
    lines = (both / "compare.csv").read_text().splitlines()
    head, fid = lines[0].split(","), lines[1].split(",")
    assert fid[0] == "fid"
    at = [head.index(f"{name} value") for name in ("copies", "noise")]
    assert float(fid[at[0]]) == of["fid"]["value"] < float(fid[at[1]])
    assert (both / "compare.html").exists()


def test_mistakes_end_in_words_and_leave_nothing(files, quick, monkeypatch, capsys):
    copies = f"--samples={files / 'copies.npz'}"
    cases = {
        "Give either --run": ["evaluate"],
        "Which data set": ["evaluate", copies],
        "needs numbers": [
            "evaluate",
            "--data=GunPoint",
            f"--samples={files / 'short.npz'}",
        ],
        "no file of samples": ["evaluate", "--data=GunPoint", "--samples=nowhere.npz"],
        "Unknown key": ["evaluate", "--data=GunPoint", copies, "--set", "judge.x=1"],
        "write KEY=VALUE": ["evaluate", "--data=GunPoint", copies, "--set", "judge"],
        "only judge": ["evaluate", "--data=GunPoint", copies, "--set", "prior.width=1"],
        "no run directory": ["evaluate", f"--run={files}"],
        "named twice": ["compare", "a.npz", "a.npz"],
    }
    before = sorted(files.iterdir())
    monkeypatch.chdir(files)
    for words, arguments in cases.items():
        assert console.run(monkeypatch, *arguments) == 1, words
        assert words in capsys.readouterr().err
    assert sorted(files.iterdir()) == before


def test_a_directory_of_other_things_is_left_alone(files, quick, monkeypatch, capsys):
    arguments = ["evaluate", "--data=GunPoint", f"--samples={files / 'copies.npz'}"]
    assert console.run(monkeypatch, *arguments, f"--out={files}", *quick) == 1
    assert "nothing is overwritten" in capsys.readouterr().err


def test_values_are_read_as_what_they_replace():
    config = ConfigDict({"a": {"b": 1}, "c": (0,), "d": "", "e": "x", "f": False})
    said = ["a.b=3", "c=(1, 2)", "d=007", "e=''", "f=true"]
    override(config, settings.parse_set(said), tuple(config))
    found = {"a": {"b": 3}, "c": (1, 2), "d": "007", "e": "", "f": True}
    assert config.to_dict() == found
    with pytest.raises(ValueError, match=r"a.b='many': it must be like 3"):
        override(config, settings.parse_set(["a.b=many"]), tuple(config))
    with pytest.raises(ValueError, match="--set d: write KEY=VALUE"):
        settings.parse_set(["d"])
