"""Labels that a spreadsheet would execute: written as words, read back as they were."""

import csv

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data import dataset, outputs, spreadsheets
from tsgen_jax.evaluation.scores import Score
from tsgen_jax.reports import comparison, page

_HARM = [
    "=1+2",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "'=quoted",
    "''@twice",
    '=HYPERLINK("http://x";"y")',
    "-a, b",
]
_PLAIN = ["a", "1", "-1", "+1.5e-3", "'quoted'", "a=b", "-.5", "", "x@y"]


@pytest.mark.parametrize("word", [*_HARM, *_PLAIN])
def test_words_come_back(word):
    written = spreadsheets.guard(word)
    assert spreadsheets.unguard(written) == word
    assert (written == word) == (word in _PLAIN)
    if word in _HARM:
        assert written[0] == "'"
    assert spreadsheets.guard(-1.5) == -1.5


def test_series_are_written_so_and_read_as_they_were(tmp_path):
    """Classes with names that harm, in a long table as commands write it."""
    names = np.array(_HARM * 3)
    x = np.arange(len(names) * 8.0).reshape(-1, 8, 1)
    path = str(tmp_path / "samples.csv")
    table = {
        "series": np.repeat(np.arange(len(names)), 8),
        "time": np.tile(np.arange(8), len(names)),
        "value": x.ravel(),
        "label": np.repeat(names, 8),
    }
    outputs.write(path, {}, pd.DataFrame(table))
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["label"][0] for row in rows} == {"'"}
    assert {row["label"][1:] for row in rows} == set(_HARM)
    data = dataset.load_dataset(**_settings(path))
    assert set(data.classes) == set(_HARM)
    np.testing.assert_array_equal(
        np.sort(np.concatenate([data.x_train, data.x_valid, data.x_test]).ravel()),
        x.ravel(),
    )


def _settings(path):
    from tsgen_jax.configs import default

    settings = default.get_config().data
    settings.path, settings.validation_fraction = path, 0.0
    return settings


def test_tables_of_scores(tmp_path):
    note = "=1+2"
    score = Score("fid", "", -1.5, None, None, {}, "lower", 0.0, note, "fidelity")
    path = tmp_path / "scores.csv"
    page.write_csv(path, [page.Row.from_score(score)])
    with open(path, newline="") as file:
        [row] = csv.DictReader(file)
    assert row["note"] == "'=1+2"
    assert row["value"] == "-1.5"
    text = comparison.as_csv([], ["=a"])
    assert text.splitlines()[0].endswith("'=a value,'=a low,'=a high")
