"""The examples run, on one smoke-sized model of GunPoint."""

import pathlib
import sys

import aeon.datasets
import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

import tsgen_jax

_EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """An estimator, trained once on aeon's arrays [n, C, L], almost as --quick does."""
    sys.path.insert(0, str(_EXAMPLES))
    import example_model
    import gunpoint

    changes = example_model.QUICK | {"num_devices": 1}
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


def _run(name, run_dir, out, monkeypatch, *more):
    flags = f"--run={run_dir}", f"--out={out}", *more
    monkeypatch.setattr(sys, "argv", [name, *flags])
    __import__(name).main()


def test_augmenting_a_small_set(run_dir, tmp_path, monkeypatch, capsys):
    more = "--data=GunPoint", "--times=2"
    _run("augment_small_set", run_dir, tmp_path, monkeypatch, *more)
    said = capsys.readouterr().out
    judge = aeon.datasets
    (x, y), (x_test, y_test) = judge.load_gunpoint("TRAIN"), judge.load_gunpoint("TEST")
    alone = KNeighborsClassifier(1).fit(x[:, 0], y).score(x_test[:, 0], y_test)
    assert f"1-nearest neighbour: {alone:.3f} with the 50 real series, 0." in said
    for name in ("support vectors", "random forest", "logistic regression"):
        assert f"{name}: 0." in said
    assert said.count("with 100 generated ones added") == 4


def test_control_charts_are_those_of_their_formulas(fitted):
    import control_charts

    x, y = control_charts.series(400, seed=3)
    assert x.shape == (2400, 60, 1)
    np.testing.assert_allclose(x.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(1), 1, atol=1e-5)
    parts = {name: x[y == name, :, 0] for name in control_charts.CLASSES}
    assert [len(part) for part in parts.values()] == [400] * 6
    # Uniform noise, nothing else: kurtosis near 9 / 5, of normal noise 3.
    np.testing.assert_allclose((parts["normal"] ** 4).mean(), 1.8, atol=0.1)
    # Of the raw series, slope 0.35 on average beside noise of variance 12.
    t = np.arange(60) - 29.5
    spread = 0.35 * np.sqrt((t**2).mean())
    expected = spread / np.sqrt(spread**2 + 12)
    for name, sign in (("rising", 1), ("falling", -1)):
        correlation = (parts[name] @ t).mean() / 60 / np.sqrt((t**2).mean())
        np.testing.assert_allclose(sign * correlation, expected, atol=0.03)
    for name, sign in (("shifted up", 1), ("shifted down", -1)):
        part = sign * parts[name]
        assert (part[:, :20].mean(1) < part[:, 40:].mean(1)).all()
    power = np.abs(np.fft.rfft(parts["cyclic"])) ** 2
    assert set(power[:, 1:].argmax(-1) + 1) <= {4, 5, 6}  # Periods of 10 to 15.
    again, _ = control_charts.series(400, seed=3)
    np.testing.assert_array_equal(again, x)


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
