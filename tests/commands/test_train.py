"""`tsgen train` and `tsgen data` on files of one's own."""

import csv
import json

import numpy as np
import pytest

from tests import console
from tsgen_jax.judges import assess
from tsgen_jax.reports import sample_report

_CONFIG = """
from tests import tiny

def get_config(arg):
    config = tiny.make_config(arg)
    config.ssl.augmented_weight = 0.0
    config.tokenizer.num_res_blocks = config.num_devices = 1
    config.evaluation.num_draws = 5
    config.evaluation.scores = "privacy"
    config.sample.residual_scales = (0.5, 1.0)
    for train in (config.train.tokenizer, config.train.prior):
        train.num_steps = 4
        train.eval_every = train.checkpoint_every = 2
    return config
"""


@pytest.fixture
def uneven(tmp_path):
    """A long table: two channels, gaps, lengths of 18 to 24, labels."""
    rng = np.random.default_rng(0)
    rows, lengths = [], rng.integers(18, 25, 40)
    lengths[0] = 24
    for i, length in enumerate(lengths):
        for t in range(length):
            value = np.sin((1 + i % 2) * t / 3) + 0.1 * rng.normal()
            gap = rng.random() < 0.1 and 0 < t < length - 1
            rows.append([f"s{i}", t, "" if gap else value, 5 + value, "ab"[i % 2]])
    with open(tmp_path / "uneven.csv", "w", newline="") as file:
        csv.writer(file).writerows([["id", "time", "x", "y", "label"], *rows])
    (tmp_path / "mine.py").write_text(_CONFIG)
    return tmp_path


def test_from_a_csv_to_samples_and_scores(uneven, monkeypatch, capsys, caplog):
    monkeypatch.chdir(uneven)
    command = (
        "train",
        "--data=uneven.csv",
        "--config=mine.py:none",
        "--label=label",
        "--max=0=0.5",
    )
    assert console.run(monkeypatch, *command, "--channels=x+y", "--set", "seed=3") == 0
    told = capsys.readouterr()
    run = uneven / "runs" / "uneven"
    with np.load(run / "samples.npz") as samples:
        x, length = samples["x"], samples["length"]
        moved = samples["constraints_moved"]
    assert x.shape == (8, 24, 2)
    assert np.nanmax(x[..., 0]) <= 0.5
    assert not moved[:, 1].any()
    page = (run / "report.html").read_text()
    assert "Generated series satisfy: max 0=0.5." in page
    assert f"{moved.sum()} of {np.isfinite(x).sum()} values" in page
    assert "constraints: TRAIN itself does not satisfy them" in caplog.text
    assert "constraints: of 8 series, tokens of" in caplog.text
    after = np.arange(24) >= length[:, None]
    np.testing.assert_array_equal(np.isnan(x), np.repeat(after[..., None], 2, -1))
    assert (1 <= length).all()
    config = json.loads((run / "config.json").read_text())
    assert config["data"]["path"] == str(uneven / "uneven.csv")
    assert config["seed"] == 3
    notes = json.loads((run / "evaluation" / "scores.json").read_text())["notes"]
    assert any("last value is held after the end" in note for note in notes)
    assert any("missing values of the data interpolated" in note for note in notes)
    assert "last value is held" in (run / "report.html").read_text()
    assert "Note: Series are of unequal lengths" in told.out
    stored = json.loads((run / "dataset.json").read_text())
    assert stored["scaler"]["kind"] == "end"

    # Samples with ends are judged from a file as well.
    seen = {}

    def look(config, dataset, samples, workdir, x_hat):
        seen.update(samples=samples.x, test=dataset.x_test)
        return assess.Assessment([], [], "", {})

    with monkeypatch.context() as patch:
        patch.setattr(assess, "assess", look)
        patch.setattr(sample_report, "write", lambda *_: None)
        file = f"--samples={run / 'samples.npz'}"
        assert console.run(patch, "evaluate", "--data=uneven.csv", file) == 0
    for held in seen.values():
        assert np.isfinite(held).all()
    np.testing.assert_array_equal(seen["samples"][~np.isnan(x)], x[~np.isnan(x)])
    scores = uneven / "evaluations" / "uneven-samples" / "evaluation" / "scores.json"
    assert len(json.loads(scores.read_text())["notes"]) == 2

    # Other data under the same name are not gone on with.
    text = (uneven / "uneven.csv").read_text()
    (uneven / "uneven.csv").write_text(text.rsplit("\n", 2)[0] + "\n")
    assert console.run(monkeypatch, *command, "--channels=x+y", "--set", "seed=3") == 1
    assert "is not what the run in" in capsys.readouterr().err


def test_data_says_what_is_understood_and_writes_nothing(uneven, monkeypatch, capsys):
    before = sorted(uneven.iterdir())
    monkeypatch.chdir(uneven)
    assert console.run(monkeypatch, "data", "uneven.csv") == 0
    told = capsys.readouterr().out
    for words in (
        "length 24, channels 2",
        "2 classes (train+validation+test): a:",
        "layout: long, a row per time point of the series in 'id' (guessed)",
        "label in column 'label'; time in column 'time'",
        "time from 0 to 23; regular time step of 1",
        "40 series of unequal lengths: 18 to 24",
        "channels: x -1.",
        "missing: ",
    ):
        assert words in told
    assert console.run(monkeypatch, "data", "GunPoint") == 0
    assert "GunPoint (aeon): 40 train" in capsys.readouterr().out
    assert sorted(uneven.iterdir()) == before


@pytest.mark.parametrize("command", ["train", "data"])
def test_help_has_examples(command, monkeypatch, capsys):
    assert console.run(monkeypatch, command, "--help") == 0
    told = capsys.readouterr().out
    assert f"tsgen {command} " in told.split("examples:")[1]
    for option in ("--window", "--stride", "--label", "--set"):
        assert option in told
