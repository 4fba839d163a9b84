"""Judges: scikit-learn's scaler and imputation by hand, counts, the raw set."""

import dataclasses
import json

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from tsgen_jax.configs import default
from tsgen_jax.data import dataset
from tsgen_jax.data.sources.archive import RawSet
from tsgen_jax.data.synthetic import make_shapes

_OPTIONS = {
    "split": "archive",
    "test_fraction": 0.2,
    "validation_fraction": 0.2,
    "split_seed": 0,
    "missing": "error",
}


def _make(raw, **changes):
    return dataset.from_raw(raw, **{**_OPTIONS, **changes})


def _raw(labels, test_labels=None, length=4, channels=1):
    """Series whose first value is their row number, to recognise them by."""
    test_labels = labels if test_labels is None else test_labels
    parts, start = [], 0
    for y in (labels, test_labels):
        rows = np.arange(start, start + len(y), dtype=float)
        x = rows[:, None, None] + np.arange(length * channels).reshape(length, -1) / 100
        parts += [x, np.array([str(label) for label in y])]
        start += len(y)
    return RawSet("Own", *parts, "test")


def _rows(x):
    return x[:, 0, 0].round().astype(int).tolist()


def test_load_dataset_takes_the_config_section():
    data = dataset.load_dataset(**default.get_config().data)
    assert (data.name, data.source) == ("GunPoint", "aeon")
    assert (data.length, data.num_channels, data.num_classes) == (150, 1, 2)
    assert (len(data.x_train), len(data.x_valid), len(data.x_test)) == (40, 10, 150)
    assert data.classes == ("1", "2")
    for x, y in (
        (data.x_train, data.y_train),
        (data.x_valid, data.y_valid),
        (data.x_test, data.y_test),
    ):
        assert (x.dtype, y.dtype, len(x)) == (np.float32, np.int32, len(y))


def test_ecg5000_keeps_its_smallest_classes_in_train(ucr_root):
    config = default.get_config()
    config.data.name, config.data.root = "ECG5000", ucr_root
    data = dataset.load_dataset(**config.data)
    assert len(data.x_train) + len(data.x_valid) == 500
    assert (np.bincount(data.y_train, minlength=5) > 0).all()
    assert data.classes == ("1", "2", "3", "4", "5")
    assert data.x_test.shape == (4500, 140, 1)


def test_scaler_equals_one_mean_and_population_std_per_channel():
    data = _make(make_shapes(0, 12, 20, 3, 2))
    judge = StandardScaler().fit(data.x_train.reshape(-1, 3).astype(np.float64))
    np.testing.assert_allclose(data.scaler.mean, judge.mean_, rtol=1e-12)
    np.testing.assert_allclose(data.scaler.std, judge.scale_, rtol=1e-12)
    total = [0.0] * 3
    for series in data.x_train:
        for values in series:
            total = [t + float(v) for t, v in zip(total, values, strict=True)]
    count = len(data.x_train) * data.length
    np.testing.assert_allclose(data.scaler.mean, np.array(total) / count, rtol=1e-9)


def test_transform_and_inverse():
    data = _make(make_shapes(1, 12, 20, 2, 2))
    x = data.scaler.transform(data.x_train)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.mean((0, 1)), 0, atol=1e-6)
    np.testing.assert_allclose(x.std((0, 1)), 1, rtol=1e-6)
    back = data.scaler.inverse(x)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, data.x_train, rtol=1e-6, atol=1e-6)


def test_scaler_sees_train_alone():
    raw = make_shapes(0, 20, 16, 1, 2)
    shifted = dataclasses.replace(raw, x_test=raw.x_test + 100)
    assert _make(raw).scaler.to_json() == _make(shifted).scaler.to_json()
    data = _make(raw)
    kept = np.isin(raw.x_train.astype(np.float32), data.x_train).all((1, 2))
    assert kept.sum() == len(data.x_train)
    np.testing.assert_allclose(data.scaler.mean, raw.x_train[kept].mean(), rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e9])
def test_constant_channel_is_left_at_std_one(value):
    raw = make_shapes(0, 10, 8, 2, 2)
    raw.x_train[:, :, 1] = value
    data = _make(raw)
    assert data.scaler.std[1] == 1.0
    np.testing.assert_array_equal(data.scaler.transform(data.x_train)[:, :, 1], 0)


def test_scaler_survives_json():
    scaler = _make(make_shapes(0, 10, 8, 2, 2)).scaler
    again = dataset.Scaler.from_json(json.loads(json.dumps(scaler.to_json())))
    np.testing.assert_array_equal(again.mean, scaler.mean)
    np.testing.assert_array_equal(again.std, scaler.std)
    assert again.std.dtype == np.float64


def test_scaler_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="'mean' and 'std'.*'sd'"):
        dataset.Scaler.from_json({"mean": [0.0], "sd": [1.0]})
    for mean, std in ([0.0], [0.0]), ([np.nan], [1.0]), ([0.0], [np.inf]):
        with pytest.raises(ValueError, match="Scales nothing"):
            dataset.Scaler.from_json({"mean": mean, "std": std})
    with pytest.raises(ValueError, match=r"must be \[C\]"):
        dataset.Scaler.from_json({"mean": [0.0], "std": [1.0, 2.0]})
    scaler = dataset.Scaler.from_json({"mean": [0.0], "std": [1.0]})
    with pytest.raises(ValueError, match="1 channels"):
        scaler.transform(np.zeros((3, 4, 2)))


def test_archive_split_keeps_order_and_classes():
    raw = _raw([10, 2, 2, 10, 2, 10], [2, 10])
    data = _make(raw, validation_fraction=0.0)
    assert data.classes == ("2", "10")
    assert data.y_train.tolist() == [1, 0, 0, 1, 0, 1]
    assert data.y_test.tolist() == [0, 1]
    assert _rows(data.x_train) == [0, 1, 2, 3, 4, 5]
    assert data.x_valid.shape == (0, 4, 1)
    assert data.y_valid.shape == (0,)


@pytest.mark.parametrize(
    ("count", "fraction", "expected"),
    [
        (1, 0.5, 0),  # The only one of its class stays in train.
        (2, 0.01, 1),  # Every other class is validated,
        (3, 0.5, 1),  # never by more than half,
        (10, 0.2, 2),
        (10, 0.25, 3),  # and counts are rounded.
        (11, 0.2, 2),
        (50, 0.5, 25),
        (50, 0.0, 0),
    ],
)
def test_validation_part_per_class(count, fraction, expected):
    data = _make(_raw(["a"] * count + ["b"] * 8), validation_fraction=fraction)
    assert (data.y_valid == 0).sum() == expected
    assert (data.y_train == 0).sum() == count - expected
    assert sorted(_rows(data.x_train) + _rows(data.x_valid)) == list(range(count + 8))
    labels = np.array(["a"] * count + ["b"] * 8)
    for x, y in ((data.x_train, data.y_train), (data.x_valid, data.y_valid)):
        assert [data.classes[k] for k in y] == labels[_rows(x)].tolist()


def test_validation_part_follows_the_seed():
    raw = _raw([1, 2] * 10)
    chosen = [_rows(_make(raw, split_seed=seed).x_valid) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_resplit_is_stratified_and_complete():
    raw = _raw([1, 2] * 10, [1] * 30 + [2] * 10)  # 40 of class 1, 20 of class 2.
    data = _make(raw, split="resplit", test_fraction=0.25, validation_fraction=0.2)
    sizes = [np.bincount(y).tolist() for y in (data.y_train, data.y_valid, data.y_test)]
    assert sizes == [[24, 12], [6, 3], [10, 5]]
    rows = _rows(np.concatenate([data.x_train, data.x_valid, data.x_test]))
    assert sorted(rows) == list(range(60))
    labels = np.concatenate([raw.y_train, raw.y_test])
    assert [data.classes[k] for k in data.y_test] == labels[_rows(data.x_test)].tolist()
    assert data.source == "test, resplit with seed 0"
    again = _make(raw, split="resplit", test_fraction=0.25)
    other = _make(raw, split="resplit", test_fraction=0.25, split_seed=1)
    assert _rows(again.x_test) == _rows(data.x_test) != _rows(other.x_test)


def test_a_class_of_one_series_stays_in_train():
    raw = _raw(["a", "a", "b", "c"], ["a", "b", "a"])
    data = _make(raw, split="resplit", validation_fraction=0.0)
    counts = [np.bincount(y, minlength=3) for y in (data.y_train, data.y_test)]
    np.testing.assert_array_equal(np.add(*counts), [4, 2, 1])
    assert (counts[0][2], counts[1][2]) == (1, 0)
    assert "Warning: classes of one series: 1 ('c')" in data.describe().splitlines()[-1]
    assert "--label=none" in data.describe()
    with pytest.raises(ValueError, match="a class of its own.*--label=none"):
        _make(_raw(["a", "b"], ["c", "d"]), split="resplit")


@pytest.mark.parametrize(("fraction", "sizes"), [(0.05, (9, 3)), (0.95, (3, 9))])
def test_resplit_has_every_class_on_both_sides(fraction, sizes):
    raw = _raw(["a", "b", "c"] * 2)
    options = {"split": "resplit", "validation_fraction": 0.0}
    data = _make(raw, **options, test_fraction=fraction)
    assert (len(data.y_train), len(data.y_test)) == sizes
    assert set(data.y_train) == set(data.y_test) == {0, 1, 2}
    assert f"TEST has {sizes[1]} series" in data.describe()


def test_one_class_is_allowed():
    data = _make(_raw(["a"] * 5))
    assert (data.num_classes, len(data.x_valid)) == (1, 1)


def test_classes_that_train_lacks():
    with pytest.raises(ValueError, match="TEST has classes that TRAIN lacks: 3, 10"):
        _make(_raw([1, 2], [1, 10, 3]))


def test_missing_values_stop_by_default():
    raw = _raw([1, 2])
    raw.x_train[1, 2, 0] = raw.x_test[0, 0, 0] = np.nan
    message = (
        "2 of 16 values are NaN .*TRAIN series 1, time 2, channel 0; TEST series 0, "
        "time 0, channel 0.*--config.data.missing=interpolate"
    )
    with pytest.raises(ValueError, match=message):
        _make(raw)


def test_interpolation_is_linear_per_channel_and_holds_edges():
    nan = np.nan
    x = np.zeros((2, 6, 2))
    x[0, :, 0] = [nan, 1, nan, nan, 4, nan]
    x[0, :, 1] = [6, nan, 2, nan, nan, nan]
    x[1, :, 0] = [5, 4, 3, 2, 1, 0]
    y = np.array(["1", "1"])
    raw = RawSet("Own", x, y, x.copy(), y, "test")
    data = _make(raw, missing="interpolate", validation_fraction=0.0)
    np.testing.assert_allclose(data.x_train[0, :, 0], [1, 1, 2, 3, 4, 4])
    np.testing.assert_allclose(data.x_train[0, :, 1], [6, 4, 2, 2, 2, 2])
    np.testing.assert_array_equal(data.x_train[1], x[1])
    np.testing.assert_array_equal(data.x_test, data.x_train)
    assert data.num_filled == 16
    assert "16 missing values filled" in data.describe()
    assert np.isnan(raw.x_train).sum() == 8  # The set as published is untouched.


def test_series_without_values_cannot_be_filled():
    raw = _raw([1, 2])
    raw.x_test[1] = np.nan
    with pytest.raises(ValueError, match="Own TEST series 1, channel 0.*all NaN"):
        _make(raw, missing="interpolate")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"split": "random"}, "split=random: must be one of archive, resplit"),
        ({"missing": "zero"}, "missing=zero: must be one of error, interpolate"),
        ({"test_fraction": 0.0}, r"test_fraction must be in \(0, 1\), got 0.0"),
        ({"test_fraction": 1.0}, "test_fraction"),
        ({"validation_fraction": -0.1}, r"validation_fraction must be in \[0, 0.5\]"),
        ({"validation_fraction": 0.6}, "validation_fraction"),
        ({"validation_fraction": np.nan}, "validation_fraction"),
        ({"split_seed": -1}, "split_seed"),
    ],
)
def test_bad_options_are_named_before_anything_is_read(changes, words):
    options = {"name": "NoSuchSet", "root": "/nowhere", **changes}
    with pytest.raises(ValueError, match=words):
        _make(_raw([1, 2]), **changes)
    with pytest.raises(ValueError, match=words):
        dataset.load_dataset(**(dict(default.get_config().data) | options))


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.zeros((2, 3)), ["1", "2"], "TRAIN .*needs x"),
        (np.zeros((2, 3, 1)), ["1"], "needs x"),
        (np.zeros((0, 3, 1)), [], "none empty"),
        (np.full((2, 3, 1), np.inf), ["1", "2"], "is inf"),
        (np.zeros((2, 3, 1)), ["1", ""], "no label"),
        (np.zeros((2, 4, 1)), ["1", "2"], "4 time points and 1 channels.* of 3"),
    ],
)
def test_raw_set_checks_itself(x, y, words):
    good = np.zeros((2, 3, 1)), np.array(["1", "2"])
    with pytest.raises(ValueError, match=words):
        RawSet("Own", x, np.array(y, dtype=str), *good, "test")


def test_describe():
    lines = _make(_raw([1] * 10 + [2] * 5, [1, 2, 2])).describe().splitlines()
    assert lines == [
        "Own (test): 12 train, 3 validation and 3 test series; length 4, channels 1",
        "train values 0 to 14.03; 0 missing values filled",
        "2 classes (train+validation+test): 1: 8+2+1, 2: 4+1+2",
    ]
    assert _make(_raw(range(60))).describe().endswith("9: 1+0+1, ...")


def test_shapes_are_repeatable_and_tell_their_classes_apart():
    raw, again, other = (make_shapes(seed, 30, 32, 2, 3) for seed in (0, 0, 1))
    assert raw.x_train.shape == (30, 32, 2)
    np.testing.assert_array_equal(raw.x_train, again.x_train)
    assert not np.array_equal(raw.x_train, other.x_train)
    assert not np.array_equal(raw.x_train, raw.x_test)
    for k in range(3):  # Without its sine, a class peaks where its bump is.
        mean = raw.x_train[raw.y_train == str(k), :, 0].mean(0)
        bump = mean - np.sin(2 * np.pi * (k + 1) * np.arange(32) / 32)
        assert abs(bump.argmax() / 32 - (k + 1) / 4) < 0.05
    judge = KNeighborsClassifier(1).fit(raw.x_train.reshape(30, -1), raw.y_train)
    assert judge.score(raw.x_test.reshape(30, -1), raw.y_test) > 0.9
    with pytest.raises(ValueError, match="2 series cannot show 3 classes"):
        make_shapes(0, 2, 32, 1, 3)
