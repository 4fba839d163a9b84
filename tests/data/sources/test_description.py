"""What a file was understood to be survives JSON, and names what the file names."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data import windows
from tsgen_jax.data.dataset import from_series
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.sources import files
from tsgen_jax.data.sources.description import Description
from tsgen_jax.data.sources.reading import Reading

_PLAIN = Reading.plain()


def _described(path, **changes):
    return files.find(str(path), dataclasses.replace(_PLAIN, **changes))


def test_a_long_table_keeps_its_names_times_and_whole_numbers(tmp_path):
    frame = pd.DataFrame(
        {
            "patient": np.repeat(["b", "a"], 4),
            "day": np.tile(pd.date_range("2024-02-28", periods=4).astype(str), 2),
            "pulse": [60, 61, None, 63, 70, 71, 72, 73],
            "weight": np.linspace(70, 71, 8),
            "group": np.repeat(["x", "y"], 4),
        }
    )
    frame.to_csv(tmp_path / "a.csv", index=False)
    found = _described(tmp_path / "a.csv", id_column="patient", label_column="group")
    described = found.described
    assert (described.layout, described.series) == ("long", "patient")
    assert (described.label, described.time) == ("group", "day")
    assert described.channels == ("pulse", "weight")
    assert described.integer == (True, False)
    assert found.ids == ("b", "a")
    assert described.start.startswith("2024-02-28")
    after = described.step.continue_from(found.times[0][-1], 1)[0]
    assert str(after).startswith("2024-03-03")


def test_a_wide_table_keeps_its_index_and_columns(tmp_path):
    x = np.arange(12.0).reshape(3, 4) + 0.5
    frame = pd.DataFrame(x, columns=[f"t{i}" for i in range(4)], index=[7, 8, 9])
    frame["kind"] = ["u", "v", "u"]
    frame.to_csv(tmp_path / "a.csv")
    found = _described(tmp_path / "a.csv", label_column="kind")
    np.testing.assert_array_equal([s[:, 0] for s in found.series], x)
    assert found.ids == ("7", "8", "9")
    assert found.described.steps == ("t0", "t1", "t2", "t3")
    assert found.described.label == "kind"


def test_it_survives_json_within_what_a_run_keeps(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 2))
    frame = pd.DataFrame(x, columns=["a", "b"])
    frame.insert(0, "when", pd.date_range("2024-01-01", periods=60, freq="h"))
    frame.to_csv(tmp_path / "a.csv", index=False)
    found = _described(tmp_path / "a.csv", window=8)
    found = windows.cut(found, 8, 2, 0.2, 0.2)
    data = from_series(found, "archive", 0.2, 0.2, 0, "interpolate")
    info = DataInfo.of(data)
    again = DataInfo.from_json(json.loads(json.dumps(info.to_json())))
    assert again.described == info.described
    assert again.described.step.count == 3600


@pytest.mark.parametrize(
    "change",
    [{"channels": 3}, {"integer": []}, {"how": {"layout": "no"}}, {"step": {"x": 1}}],
)
def test_a_damaged_one_is_refused(change, tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(4, 6)))
    values = _described(tmp_path / "a.npy").described.to_json()
    assert Description.from_json(values).to_json() == values
    with pytest.raises(ValueError, match="description of the data"):
        Description.from_json(values | change)


def test_a_missing_value_counts_once_where_windows_overlap(tmp_path):
    x = np.random.default_rng(0).normal(size=(200, 2))
    x[20, 0] = x[50, 1] = np.nan
    np.save(tmp_path / "a.npy", x)
    found = windows.cut(_described(tmp_path / "a.npy", window=16), 16, 2, 0.2, 0.2)
    data = from_series(found, "archive", 0.2, 0.2, 0, "interpolate")
    assert data.num_filled == 2
    assert "2 missing values filled" in data.describe()
    assert (~data.observed_train).sum() == 16
