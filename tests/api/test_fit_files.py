"""`fit` reads files and tables as `tsgen train` does; training itself is left out."""

import numpy as np
import pandas as pd
import pytest

from tests import tiny
from tsgen_jax.api import fit as fitting
from tsgen_jax.data.dataset import load_dataset


class _Trained(Exception):
    """In place of training: what it would begin with."""


@pytest.fixture
def fit(monkeypatch):
    def stop(config, workdir, dataset, evaluate):
        raise _Trained(config, dataset)

    monkeypatch.setattr(fitting.pipeline, "run", stop)

    def data_of(*arguments, **named):
        with pytest.raises(_Trained) as stopped:
            fitting.fit(*arguments, config=tiny.make_config("none"), **named)
        return stopped.value.args

    return data_of


def _recording(length=200):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"when": pd.date_range("2024-01-01", periods=length, freq="h")}
    )
    frame["load"], frame["count"] = rng.normal(size=length), rng.integers(0, 9, length)
    return frame


def _assert_same(a, b):
    for part in ("train", "valid", "test"):
        for name in ("x", "y"):
            of = f"{name}_{part}"
            np.testing.assert_array_equal(getattr(a, of), getattr(b, of))
    assert a.described == b.described


def test_a_path_is_read_as_the_command_reads_it(fit, tmp_path):
    path = tmp_path / "a.csv"
    _recording().to_csv(path, index=False)
    config, found = fit(str(path), window=16, stride=4)
    assert (config.data.path, config.data.window) == (str(path), 16)
    assert not config.sample.class_conditional
    _assert_same(found, load_dataset(**config.data))
    assert found.described.time == "when"
    _, again = fit(path, window=16, stride=4, channels=["load", "count"], time="when")
    np.testing.assert_array_equal(again.x_train, found.x_train)


def test_tables_are_files_where_columns_have_roles(fit):
    _, found = fit(_recording(), window=16)
    assert found.described.channels == ("load", "count")
    assert found.described.integer == (False, True)
    long = pd.concat(
        _recording(12).assign(who=f"p{i}", kind=f"k{i % 2}") for i in range(20)
    )
    _, found = fit(long, id="who", time="when", label="kind")
    assert found.classes == ("k0", "k1")
    assert found.x_train.shape[1:] == (12, 2)
    _, guessed = fit(long.rename(columns={"who": "id"}))
    assert guessed.described.series == "id"
    # A series in each row is no such table.
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 12)))
    _, found = fit(wide)
    assert found.x_train.shape[1:] == (12, 1)
    assert len(found.x_test) == 0


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((np.ones((4, 8)),), {"window": 4}, "window: is about files"),
        ((_recording(), np.ones(3)), {"window": 8}, "label='NAME'"),
        ((_recording(),), {"id": "none"}, "one long series of 200"),
        ((_recording(),), {"window": 8, "layout": "ncl"}, "wide, long and series"),
        (("nowhere.csv",), {}, "No file or directory"),
    ],
)
def test_mistakes_are_told_in_words(arguments, named, message):
    with pytest.raises(ValueError, match=message):
        fitting.fit(*arguments, config=tiny.make_config("none"), **named)
