import jax
import numpy as np
import pytest

from tests import tiny
from tsgen_jax.judges import post_hoc

_L = 12


def _config(**changes):
    values = {
        "train.discriminator.num_steps": 150,
        "train.predictor.num_steps": 200,
        # A prime: one of the eight devices does it all, as fast as it gets here.
        "train.discriminator.batch_size": 31,
        "train.predictor.batch_size": 31,
        "train.discriminator.learning_rate": 0.02,
        "train.predictor.learning_rate": 0.02,
        "evaluation.batch_size": 32,
    }
    return tiny.make_config(**(values | changes))


def _sines(num, seed, num_channels=1):
    """Sines of random phase, channels a quarter turn apart, in units of 1000."""
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi, (num, 1, 1))
    time = np.arange(_L)[None, :, None] * 2 * np.pi / 8
    turn = np.arange(num_channels)[None, None] * np.pi / 2
    return 1000 * np.sin(time + phase + turn)


def _noise(num, seed, num_channels=1):
    """Of the same range and mean as the sines, without their order in time."""
    return np.random.default_rng(seed).uniform(-1000, 1000, (num, _L, num_channels))


@pytest.mark.parametrize("num_channels", [1, 4])
def test_noise_is_told_from_sines(num_channels):
    real, noise = _sines(100, 0, num_channels), _noise(130, 1, num_channels)
    found = post_hoc.discriminative_score(_config(), real, noise, jax.random.key(0))
    assert found["num_test"] == 40  # A fifth of 100 of each.
    assert found["accuracy"] > 0.9
    assert found["score"] == abs(found["accuracy"] - 0.5)
    sides = found["accuracy_real"], found["accuracy_generated"]
    np.testing.assert_allclose(found["accuracy"], np.mean(sides))
    assert 0.3 < found["low"] <= found["score"] <= found["high"] <= 0.5


def test_halves_of_one_set_are_not_told_apart_and_a_key_decides():
    x = _sines(400, 0)
    config = _config(**{"train.discriminator.num_steps": 60})

    def run(seed):
        key = jax.random.key(seed)
        return post_hoc.discriminative_score(config, x[:200], x[200:], key)

    found = run(0)
    assert found["score"] < 0.17  # Three standard deviations of 80 coins are 0.168.
    assert found["low"] == 0 < found["score"] <= found["high"] < 0.3
    assert run(0) == found
    other = run(1)
    keys = ("accuracy_real", "accuracy_generated")
    assert any(other[k] != found[k] for k in keys)


def test_fold_is_the_range_of_the_distance_from_a_half():
    for low in np.linspace(0, 1, 21):
        for high in np.linspace(low, 1, 5):
            distances = np.abs(np.linspace(low, high, 10001) - 0.5)
            expected = distances.min(), distances.max()
            np.testing.assert_allclose(post_hoc.fold(low, high), expected, atol=1e-4)
    assert post_hoc.fold(0.45, 0.52)[0] == 0


def test_discriminator_sees_no_series_twice(monkeypatch):
    """What is trained on and what is tested are apart, in equal numbers, scaled."""
    real = np.arange(20.0)[:, None, None] * np.ones((1, 3, 1))
    generated = real[:13] + 0.5
    seen = {}

    def fit(stage, rows, settings, key, why):
        seen["train"] = rows
        return stage.init(key, rows, {})[0]

    def per_series(config, fn, weights, x):
        seen.setdefault("test", []).append(x)
        return np.array([1.0, -1.0, -1.0])

    monkeypatch.setattr(post_hoc, "fit_once", fit)
    monkeypatch.setattr(post_hoc, "_per_series", per_series)
    found = post_hoc.discriminative_score(_config(), real, generated, jax.random.key(0))
    assert found["num_test"] == 6  # 13 of each side: 10 to train on, 3 to test.
    np.testing.assert_allclose(found["accuracy_real"], 1 / 3)
    np.testing.assert_allclose(found["accuracy_generated"], 2 / 3)
    assert (found["accuracy"], found["score"], found["low"]) == (0.5, 0, 0)
    np.testing.assert_array_equal(seen["train"]["is_real"], [1] * 10 + [0] * 10)
    # Back to the units of `real`, whose range is 19.
    train = np.round(seen["train"]["x"][:, 0, 0] * 19, 3)
    test = [np.round(x[:, 0, 0] * 19, 3) for x in seen["test"]]
    sides = [
        np.concatenate(pair)
        for pair in zip([train[:10], train[10:]], test, strict=True)
    ]
    assert [len(np.unique(side)) for side in sides] == [13, 13]
    assert np.isin(sides[0], real).all()
    np.testing.assert_array_equal(np.sort(sides[1]), generated[:, 0, 0])


@pytest.mark.parametrize("num_channels", [1, 2])
def test_sines_are_predicted_and_only_by_who_learned_from_them(num_channels):
    config = _config()
    real, test = (_sines(n, s, num_channels) for n, s in ((100, 0), (40, 1)))

    def score(x):
        return post_hoc.predictive_score(config, x, test, real, jax.random.key(0))

    found, noise = score(real), score(_noise(100, 2, num_channels))
    assert found.keys() == {"score", "low", "high", "num_test"}
    assert found["num_test"] == 40
    # Predicting the mean, 0.5, costs 0.32; noise teaches little more.
    assert found["score"] < 0.15
    assert noise["score"] > 1.5 * found["score"]
    assert found["low"] < found["score"] < found["high"] < noise["low"]
    if num_channels == 1:
        assert score(real) == found


def test_predictive_score_is_in_ranges_of_the_reference(monkeypatch):
    """A predictor that says 0.5 always: the error is known in closed form."""
    config = _config()
    monkeypatch.setattr(
        post_hoc,
        "fit_once",
        lambda stage, rows, settings, key, why: jax.tree.map(
            np.zeros_like, stage.init(key, rows, {})[0]
        ),
    )
    reference = np.tile([[[-10.0], [30.0]]], (3, 2, 1))  # 0.5 is 10.
    test = _noise(12, 0)[:, :4] / 50
    found = post_hoc.predictive_score(config, test, test, reference, jax.random.key(0))
    expected = np.abs(test[:, 1:] - 10).mean() / 40
    np.testing.assert_allclose(found["score"], expected, rtol=1e-5)


def test_errors():
    config, key = _config(), jax.random.key(0)
    x = _sines(12, 0, 2)
    score = post_hoc.discriminative_score
    with pytest.raises(ValueError, match="real and generated differ in length: 12 and"):
        score(config, x, x[:, :5], key)
    with pytest.raises(ValueError, match="differ in channels: 2 and 1"):
        score(config, x, x[..., :1], key)
    with pytest.raises(ValueError, match="generated needs at least 10 series; it has"):
        score(config, x, x[:9], key)
    with pytest.raises(ValueError, match="real has L=1"):
        score(config, x[:, :1], x[:, :1], key)
    flat = x.copy()
    flat[..., 1] = 3
    with pytest.raises(ValueError, match=r"Channel 1 of real is constant \(3.0\)"):
        score(config, flat, x, key)
    score = post_hoc.predictive_score
    with pytest.raises(ValueError, match="Channel 1 of reference is constant"):
        score(config, x, x, flat, key)
    with pytest.raises(ValueError, match="train_on and reference differ in length"):
        score(config, x, x, x[:, :5], key)
    with pytest.raises(ValueError, match="test_on needs at least 10 series"):
        score(config, x, x[:9], x, key)
    broken = x.copy()
    broken[3, 2, 1] = np.nan
    with pytest.raises(ValueError, match="train_on has 1 of 288 values not finite"):
        score(config, broken, x, x, key)


def test_scores_stand_beside_train_and_say_what_cannot_be():
    steps = {f"train.{s}.num_steps": 5 for s in ("discriminator", "predictor")}
    config = _config(**steps)
    x_test, x_train, noise = _sines(20, 0), _sines(12, 1), _noise(20, 2)
    rows, notes = post_hoc.scores(config, x_test, noise, x_train)
    assert notes == []
    tell, predict = rows
    keys = [jax.random.fold_in(jax.random.key(0), i) for i in (0, 1, 1)]
    direct = post_hoc.discriminative_score(config, x_test, noise, keys[0])
    assert (tell.value, tell.low, tell.high) == tuple(
        direct[k] for k in ("score", "low", "high")
    )
    floor = post_hoc.predictive_score(config, x_train, x_test, x_train, keys[1])
    assert predict.floors == {"TRAIN": floor["score"]}
    assert "our variant" in tell.note
    drawn = noise[np.sort(np.random.default_rng(0).permutation(20)[:12])]  # As TRAIN.
    direct = post_hoc.predictive_score(config, drawn, x_test, x_train, keys[2])
    assert predict.value == direct["score"]
    rows, notes = post_hoc.scores(config, x_test, noise[:5], x_train)
    assert rows == []
    assert "10" in notes[0]
