"""Every layout read equals the array that it was written from."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from aeon.datasets import save_to_ts_file

from tsgen_jax.configs import default
from tsgen_jax.data import dataset
from tsgen_jax.data.sources import files, reading

_RNG = np.random.default_rng(0)
_FIELDS = [f.name for f in dataclasses.fields(reading.Reading)]
_HOW = reading.Reading(**{k: default.get_config().data[k] for k in _FIELDS})
_X = np.round(_RNG.normal(size=(12, 9, 3)), 4)
_Y = np.array(["up", "down", "up"] * 4)


def _read(path, **changes):
    return files.read(str(path), dataclasses.replace(_HOW, **changes))


def _assert_equal(found, x, label=None):
    assert len(found.series) == len(x)
    for a, b in zip(found.series, x, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    if label is None:
        assert found.label is None
    else:
        assert found.label.tolist() == list(label)


def _wide(x, label=None):
    frame = pd.DataFrame(x[:, :, 0], columns=[f"t{i}" for i in range(x.shape[1])])
    return frame if label is None else frame.assign(kind=label)


def _long(x, label=None):
    frames = []
    for row, one in enumerate(x):
        frame = pd.DataFrame(one, columns=["a", "b", "c"])
        frame.insert(0, "day", np.arange(len(one)) * 2)
        frame.insert(0, "series", f"s{row}")
        frames.append(frame if label is None else frame.assign(label=label[row]))
    return pd.concat(frames)


@pytest.mark.parametrize("form", ["csv", "tsv", "semicolons", "parquet", "index"])
@pytest.mark.parametrize("label", [None, _Y])
def test_a_wide_table_with_names(tmp_path, form, label):
    frame, path = _wide(_X, label), tmp_path / f"own.{form}"
    match form:
        case "csv":
            frame.to_csv(path, index=False)
        case "tsv":
            frame.to_csv(path, index=False, sep="\t")
        case "semicolons":
            path = tmp_path / "own.csv"
            frame.to_csv(path, index=False, sep=";")
        case "index":  # As pandas writes by default.
            path = tmp_path / "own.csv"
            frame.to_csv(path)
        case "parquet":
            pytest.importorskip("pyarrow")
            frame.to_parquet(path)
    found = _read(path)
    _assert_equal(found, _X[:, :, :1], label)
    assert (
        "layout: wide, 12 rows of 9 values, a row per series (guessed)"
        in found.notes[0]
    )


@pytest.mark.parametrize("suffix", [".csv", ".txt"])
def test_a_wide_table_without_names(tmp_path, suffix):
    """As the archives write: label first."""
    path, number = tmp_path / f"own{suffix}", (_Y == "up").astype(int) * 2 - 1
    rows = np.column_stack([number, _X[:, :, 0]])
    np.savetxt(path, rows, delimiter="," if suffix == ".csv" else " ", fmt="%.6g")
    _assert_equal(_read(path), _X[:, :, :1], number.astype(str))
    no_label = np.column_stack([number, _X[:, :, 0]])[:, :, None]
    _assert_equal(_read(path, label_column="none"), no_label)
    words = pd.DataFrame(_X[:, :, 0])
    words.insert(0, "y", _Y)
    words.to_csv(tmp_path / "words.csv", index=False, header=False)
    _assert_equal(_read(tmp_path / "words.csv"), _X[:, :, :1], _Y)


@pytest.mark.parametrize("label", [None, _Y])
@pytest.mark.parametrize("mixed", [False, True])
def test_a_long_table(tmp_path, label, mixed):
    frame = _long(_X, label).rename(columns={"day": "time"})
    if mixed:  # All series of one time together.
        frame = frame.sort_values("time", kind="stable")
    frame.to_csv(tmp_path / "own.csv", index=False)
    found = _read(tmp_path / "own.csv")
    _assert_equal(found, _X, label)
    assert found.channels == ("a", "b", "c")
    assert "regular time step of 2" in found.notes[1]


def test_names_can_be_said(tmp_path):
    frame = _long(_X, _Y).rename(columns={"series": "who", "label": "group"})
    frame.to_csv(tmp_path / "own.csv", index=False)
    options = {"id_column": "who", "time_column": "day", "label_column": "group"}
    _assert_equal(_read(tmp_path / "own.csv", **options), _X, _Y)
    found = _read(tmp_path / "own.csv", **options, channels="c+a")
    _assert_equal(found, _X[:, :, [2, 0]], _Y)


def test_columns_of_other_names_are_found_by_what_they_hold(tmp_path):
    frame = _long(_X, _Y).rename(columns={"series": "who", "label": "kind"})
    frame["day"] = pd.Timestamp("2024-03-01") + pd.to_timedelta(frame["day"], "h")
    frame.to_csv(tmp_path / "own.csv", index=False)
    found = _read(tmp_path / "own.csv")
    _assert_equal(found, _X, _Y)
    assert "of the series in 'who' (guessed); label in column 'kind'" in found.notes[0]
    assert "regular time step of 2 hours" in found.notes[1]


def test_one_long_series(tmp_path):
    x = _RNG.normal(size=(200, 2))
    frame = pd.DataFrame(x, columns=["load", "target"])
    frame.insert(0, "date", pd.date_range("2024-01-01", periods=200, freq="h"))
    frame.to_csv(tmp_path / "own.csv", index=False)
    found = _read(tmp_path / "own.csv", window=8)
    _assert_equal(found, x[None])
    assert found.channels == ("load", "target")
    assert "2024-01-01 00:00:00 to 2024-01-09 07:00:00; regular" in found.notes[1]
    frame.drop(columns="date").to_csv(tmp_path / "bare.csv", index=False)
    _assert_equal(_read(tmp_path / "bare.csv", window=8), x[None])
    np.save(tmp_path / "own.npy", x)
    _assert_equal(_read(tmp_path / "own.npy", window=8), x[None])
    _assert_equal(_read(tmp_path / "own.npy"), x[:, :, None])


def test_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", x=_X, label=_Y)
    np.savez(tmp_path / "b.npz", x=_X[:, :, 0], y=np.arange(12) % 2)
    np.save(tmp_path / "c.npy", _X.astype(np.float32))
    _assert_equal(_read(tmp_path / "a.npz"), _X, _Y)
    _assert_equal(_read(tmp_path / "b.npz"), _X[:, :, :1], list("01" * 6))
    _assert_equal(_read(tmp_path / "b.npz", label_column="none"), _X[:, :, :1])
    _assert_equal(_read(tmp_path / "c.npy"), _X.astype(np.float32))


@pytest.mark.parametrize("unequal", [False, True])
def test_ts_as_aeon_writes_it(tmp_path, unequal):
    x = [s[: 5 + i % 4] if unequal else s for i, s in enumerate(_X)]
    cases = [s.T for s in x] if unequal else np.stack([s.T for s in x])
    save_to_ts_file(
        cases, _Y, label_type="classification", path=str(tmp_path), problem_name="own"
    )
    found = _read(tmp_path / "own.ts")
    for a, b in zip(found.series, x, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    assert found.label.tolist() == _Y.tolist()


def test_a_directory_of_train_and_test(tmp_path):
    number = np.where(_Y == "up", "1", "2")
    for part, rows in (("TRAIN", slice(0, 8)), ("TEST", slice(8, 12))):
        table = np.column_stack([number[rows].astype(int), _X[rows, :, 0]])
        np.savetxt(tmp_path / f"Own_{part}.tsv", table, delimiter="\t", fmt="%.6g")
    found = _read(tmp_path)
    _assert_equal(found, _X[:, :, :1], number)
    assert found.part.tolist() == ["TRAIN"] * 8 + ["TEST"] * 4


@pytest.mark.parametrize("form", ["csv", "npy"])
def test_a_directory_of_a_file_per_series(tmp_path, form):
    for row, one in enumerate(_X):
        name = tmp_path / f"patient{row:02d}.{form}"
        if form == "npy":
            np.save(name, one)
        else:
            frame = pd.DataFrame(one, columns=["a", "b", "c"])
            frame.insert(0, "time", np.arange(9) / 10)
            frame.assign(label=_Y[row]).to_csv(name, index=False)
    (tmp_path / "README.txt").write_text("What this is.")
    _assert_equal(_read(tmp_path), _X, _Y if form == "csv" else None)


def test_empty_cells_are_missing_or_the_end(tmp_path):
    x = _X[:, :, :1].copy()
    x[2, 3] = x[5, 7:] = np.nan
    _wide(x).to_csv(tmp_path / "own.csv", index=False)
    found = _read(tmp_path / "own.csv")
    _assert_equal(found, [s if i != 5 else s[:7] for i, s in enumerate(x)])
    assert "unequal lengths: 7 to 9, median 9" in "\n".join(found.notes)
    assert "missing: 1 of 106 values" in "\n".join(found.notes)
    _assert_equal(_read(tmp_path / "own.csv", trailing="missing"), x)
    np.savez(tmp_path / "own.npz", x=x)
    _assert_equal(_read(tmp_path / "own.npz"), found.series)


def _load(path, **changes):
    values = dict(default.get_config().data) | {"path": str(path), **changes}
    return dataset.load_dataset(**values)


def test_a_set_from_a_file(tmp_path):
    """Divided by class, labels as numbers, all series there once."""
    x, y = np.repeat(_X, 5, axis=0) + np.arange(60)[:, None, None], np.repeat(_Y, 5)
    np.savez(tmp_path / "own set.npz", x=x, label=y)
    data = _load(tmp_path / "own set.npz")
    assert data.name == "own_set"
    assert data.classes == ("down", "up")
    sizes = [np.bincount(v).tolist() for v in (data.y_train, data.y_valid, data.y_test)]
    assert sizes == [[13, 26], [3, 6], [4, 8]]
    found = np.concatenate([data.x_train, data.x_valid, data.x_test])
    order = found[:, 0, 0].argsort()
    expected = x[x[:, 0, 0].argsort()]
    np.testing.assert_allclose(found[order], expected, rtol=1e-6)
    assert data.observed_train is None
    assert data.network_data("train").keys() == {"x"}
    assert "layout: x (60, 9, 3)" in data.describe()


def test_gaps_are_masked_and_ends_are_kept(tmp_path):
    x = np.repeat(_X, 3, axis=0)
    x[4, 3, 1] = x[7, 6:] = np.nan
    np.savez(tmp_path / "own.npz", x=x)
    with pytest.raises(ValueError, match="1 of 972 values are NaN"):
        _load(tmp_path / "own.npz")
    data = _load(tmp_path / "own.npz", missing="interpolate", scaling="robust")
    assert (data.num_filled, data.has_ends, data.has_labels) == (1, True, False)
    parts = ("train", "valid", "test")
    observed = np.concatenate([getattr(data, f"observed_{p}") for p in parts])
    assert (~observed).sum() == 1 + 9
    found = np.concatenate([getattr(data, f"x_{p}") for p in parts])
    assert np.isnan(found).sum() == 9
    seen = data.network_data("train")
    assert seen["x"].shape == seen["observed"].shape == (*data.x_train.shape[:2], 4)
    assert np.isfinite(seen["x"]).all()
    full = data.complete()
    assert np.isfinite(full.x_train).all()
    assert full.scaler is data.scaler.values
    assert "scaling: robust" in data.describe()


def test_windows_of_one_series(tmp_path):
    x = _RNG.normal(size=(300, 2))
    np.save(tmp_path / "own.npy", x)
    data = _load(tmp_path / "own.npy", window=16, stride=4)
    assert [len(v) for v in (data.x_train, data.x_valid, data.x_test)] == [45, 9, 12]
    np.testing.assert_allclose(data.x_train[1], x[4:20], rtol=1e-6)
    np.testing.assert_allclose(data.x_test[0], x[240:256], rtol=1e-6)
    with pytest.raises(ValueError, match="windows are divided by time"):
        _load(tmp_path / "own.npy", window=16, split="resplit")


def test_options_for_files_need_a_file():
    values = dict(default.get_config().data) | {"window": 8}
    with pytest.raises(ValueError, match="data.window=8 is about a file"):
        dataset.load_dataset(**values)


def test_parquet_without_its_reader(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ImportError("no pyarrow")

    _wide(_X).to_parquet(tmp_path / "own.parquet")
    monkeypatch.setattr(pd, "read_parquet", fail)
    with pytest.raises(ValueError, match="pip install pyarrow"):
        _read(tmp_path / "own.parquet")


_CLOCK = pd.date_range("2024-01-30 22:00", periods=30, freq="h")


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        (_CLOCK.strftime("%d/%m/%Y"), _CLOCK.strftime("%H:%M:%S")),
        (_CLOCK.strftime("%Y-%m-%d"), _CLOCK.strftime("%I:%M %p")),
        (_CLOCK.strftime("%Y%m%d"), _CLOCK.hour.astype(str)),
        (_CLOCK.strftime("%d.%m.%Y"), _CLOCK.strftime("%H.%M.%S")),
    ],
)
@pytest.mark.parametrize("names", [("date", "time"), ("Date", "Hour")])
def test_a_date_and_a_time_of_day_are_one_time(tmp_path, day, clock, names):
    frame = pd.DataFrame({names[0]: day, names[1]: clock, "v": np.arange(30) % 7})
    frame.to_csv(tmp_path / "a.csv", index=False)
    for how in ({}, {"time_column": "+".join(names[::-1])}):
        found = _read(tmp_path / "a.csv", window=5, **how)
        assert found.channels == ("v",)
        np.testing.assert_array_equal(found.times[0], _CLOCK)
        assert "regular time step of 1 hour" in "; ".join(found.notes)
        step = found.described.step
        assert (step.unit, step.count) == ("second", 3600.0)
        assert found.described.time == "+".join(names)
    # What was understood reads the file again alike.
    how = {**vars(found.described.how), "window": 5}
    again = files.read(str(tmp_path / "a.csv"), reading.Reading(**how))
    np.testing.assert_array_equal(again.times[0], _CLOCK)


def test_what_was_understood_of_times_reads_other_files(tmp_path):
    """A short file, whose own dates would be ambiguous, is read as the long one."""
    days = pd.date_range("2024-01-01", periods=40)
    frame = pd.DataFrame({"time": days.strftime("%d/%m/%Y"), "v": np.arange(40) % 7})
    frame.to_csv(tmp_path / "long.csv", index=False)
    frame.head(10).to_csv(tmp_path / "short.csv", index=False)
    described = _read(tmp_path / "long.csv", window=5).described
    with pytest.raises(ValueError, match="cannot be told apart"):
        _read(tmp_path / "short.csv", window=5)
    how = dataclasses.replace(described.how, window=5)
    found = files.read(str(tmp_path / "short.csv"), how)
    np.testing.assert_array_equal(found.times[0], days[:10])
    later = described.step.continue_from(found.times[0][-1], 2)
    assert described.step.text(later) == ["11/01/2024", "12/01/2024"]


@pytest.mark.parametrize(
    "how",
    [
        {"time_format": "day-first"},
        {"time_zone": "UTC"},
        {"sort_time": True},
        {"duplicates": "mean"},
        {"array_layout": "ncl"},
    ],
)
def test_an_option_about_what_is_not_there_is_refused(tmp_path, how):
    _wide(_X).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ValueError, match=f"a.csv.*data.{next(iter(how))}"):
        _read(tmp_path / "a.csv", **how)


def test_a_set_under_root_is_read_as_its_directory(tmp_path):
    """Unequal lengths too; and a plain set as `archive.load_archive` reads it."""
    from tsgen_jax.data.sources import archive

    directory = tmp_path / "Mine"
    directory.mkdir()
    for part in ("TRAIN", "TEST"):
        lines = [f"1,2.5,{i}" + ",4" * (i % 2) + f":{i % 2}" for i in range(8)]
        text = "@equalLength false\n@classLabel true 0 1\n@data\n" + "\n".join(lines)
        (directory / f"Mine_{part}.ts").write_text(text)
    config = default.get_config().data
    config.name, config.root = "Mine", str(tmp_path)
    found = dataset.load_dataset(**config)
    assert (found.has_ends, found.length, found.name) == (True, 4, "Mine")
    config.name, config.root, config.path = "GunPoint", "", str(directory)
    np.testing.assert_array_equal(dataset.load_dataset(**config).x_train, found.x_train)

    x = np.random.default_rng(0).normal(size=(12, 9))
    for part in ("TRAIN", "TEST"):
        rows = [
            "\t".join(["1.0000000e+00" if i % 2 else "2.0", *map(repr, row.tolist())])
            for i, row in enumerate(x)
        ]
        (directory / f"Mine_{part}.tsv").write_text("\n".join(rows))
    config.name, config.root, config.path = "Mine", str(tmp_path), ""
    found = dataset.load_dataset(**config)
    raw = archive.load_archive("Mine", str(tmp_path))
    judge = dataset.from_raw(
        raw, "archive", 0.2, config.validation_fraction, 0, "error"
    )
    assert found.classes == judge.classes == ("1", "2")
    for key in ("x_train", "x_valid", "x_test", "y_train", "y_valid", "y_test"):
        np.testing.assert_array_equal(getattr(found, key), getattr(judge, key))
