"""The examples run, on one smoke-sized model of GunPoint."""

import pathlib
import sys

import numpy as np
import pytest

import tsgen_jax

_EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """An estimator, trained once on aeon's arrays [n, C, L], almost as --quick does."""
    sys.path.insert(0, str(_EXAMPLES))
    import gunpoint

    changes = gunpoint.QUICK | {"num_devices": 1}
    changes |= {"ssl.method": "none", "ssl.augmented_weight": 0.0}  # Compiles faster.
    changes |= {f"train.{s}.num_steps": 10 for s in ("tokenizer", "prior")}
    workdir = str(tmp_path_factory.mktemp("examples") / "run")
    made = tsgen_jax.TimeSeriesGenerator(None, workdir, changes, "nlc", "GunPoint")
    x, y = gunpoint.series("TRAIN")
    assert made.set_params(layout="ncl") is made
    assert made.fit(x.swapaxes(1, 2), y) is made
    yield made
    sys.path.remove(str(_EXAMPLES))


@pytest.fixture
def run_dir(fitted):
    return fitted.workdir


def test_the_estimator_is_the_model_of_its_run(fitted, tmp_path):
    import gunpoint

    model, (x, y) = fitted.model_, gunpoint.series("TRAIN")
    assert model.classes == ("1", "2")
    counts = [(y == name).sum() for name in model.classes]
    np.testing.assert_array_equal(model.facts.class_counts, counts)
    samples = fitted.sample(5, label="2", seed=1)
    assert samples.shape == (5, 150, 1)
    assert np.isfinite(samples).all()
    loaded = tsgen_jax.load(fitted.workdir)
    np.testing.assert_array_equal(loaded.sample(5, label="2", seed=1), samples)
    # The same call goes on, that is, trains nothing; other data are refused.
    again = tsgen_jax.fit(x, y, None, fitted.workdir, fitted.changes, name="GunPoint")
    np.testing.assert_array_equal(again.sample(5, label="2", seed=1), samples)
    with pytest.raises(ValueError, match="is not what the run"):
        tsgen_jax.fit(x + 1, y, None, fitted.workdir, fitted.changes, name="GunPoint")


def _run(name, run_dir, out, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, f"--run={run_dir}", f"--out={out}"])
    __import__(name).main()


def test_augmenting_a_small_set(run_dir, tmp_path, monkeypatch, capsys):
    _run("augment_small_set", run_dir, tmp_path, monkeypatch)
    said = capsys.readouterr().out
    for name in ("1-nearest neighbour", "logistic regression"):
        assert f"{name}: 0." in said
    assert "50 generated ones added" in said


def test_filling_gaps(run_dir, tmp_path, monkeypatch, capsys):
    _run("fill_gaps", run_dir, tmp_path, monkeypatch)
    said = capsys.readouterr().out
    assert "mean absolute error: " in said
    assert "share of values in the 90 % band" in said
    assert (tmp_path / "fill_gaps.png").stat().st_size > 10_000


def test_sharing_anonymously(run_dir, tmp_path, monkeypatch, capsys):
    _run("share_anonymously", run_dir, tmp_path, monkeypatch)
    assert "distance_to_closest_record: " in capsys.readouterr().out
    with np.load(tmp_path / "series.npz") as stored:
        x = stored["x"]
    shared = tsgen_jax.load(str(tmp_path / "model.tsgen"))
    np.testing.assert_array_equal(shared.sample(len(x), seed=0), x)
