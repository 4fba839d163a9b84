"""Small files that people have, each with what is right: series, range, words.

The files are not part of the project (a directory `shared/faults` beside the
repository); where they are absent the tests are skipped. One line per file: name, options
of `tsgen data`, number of series, length, channels, smallest and largest value, labels,
and words that are said; a file that is to be refused has the words of the error alone.
"""

import dataclasses
import pathlib
import re

import numpy as np
import pytest

from tsgen_jax.data.series import is_warning
from tsgen_jax.data.sources import files
from tsgen_jax.data.sources.reading import Reading

_FAULTS = pathlib.Path(__file__).parents[3] / "shared" / "faults"
_PLAIN = Reading.plain()

pytestmark = pytest.mark.skipif(
    not _FAULTS.is_dir(), reason="there is no directory shared/faults"
)

_W = {"window": 10}
_ONE_TO_16 = (1, 72, 1, 3.02, 15.88)
_DAYS = (1, 96, 1, None, None)
_DUP = (1, 96, 1, None, None)  # 95 times of which one comes twice, and a gap.
_READ = {  # File: (options, (series, length, channels, least, most), labels, words).
    "dc_nohead.csv": ({}, (12, 6, 1, 3.02, 15.88), None, "decimal comma"),
    "dc_ts.csv": (_W, _ONE_TO_16, None, "separator: semicolon"),
    "dc_ts_nohead.csv": (
        _W,
        _ONE_TO_16,
        None,
        "decimal comma, as in '10,38' (guessed)",
    ),
    "th_mixed.csv": (_W, (1, 24, 1, 302, 1410), None, "thousands separator ','"),
    "drop_quotedth.csv": (_W, (1, 96, 2, 0, 11078.83), None, "load 9020 to 1.108e+04"),
    "utf16.csv": (_W, _ONE_TO_16, None, "encoding: UTF-16"),
    "comment.csv": (_W, _ONE_TO_16, None, "comment lines at the beginning: 1"),
    "sep.csv": (_W, _ONE_TO_16, None, "separator: semicolon"),
    "na.csv": (_W, (1, 72, 1, None, 15.88), None, "written '#N/A' (8)"),
    "mixedminus.csv": (_W, (1, 72, 1, None, 15.88), None, "missing: 0 of 72"),
    "sentinel.csv": (_W, (1, 72, 1, -9999, 15.88), None, "--missing-values=-9999"),
    "lead0.csv": ({}, (4, 6, 1, 1, 10.5), None, "'007' and '7'"),
    "lead0b.csv": ({}, (4, 6, 1, 1, 10.5), None, "'007' and '7'"),
    "lab0.csv": ({}, (12, 8, 1, -2.33, 2), {"01", "1", "02", "2"}, "'01' and '1'"),
    "lab_space.csv": ({}, (12, 8, 1, -1.9, 1.93), {"a ", "a", "b"}, "'a' and 'a '"),
    "lab_rare.csv": (
        {},
        (12, 8, 1, -2.66, 2.87),
        {"a", "b"},
        "label in column 'label'",
    ),
    "lab_each.csv": ({}, (12, 8, 1, -2.93, 2.49), None, "--label=none"),
    "dims6.csv": (_W, (1, 120, 6, None, None), None, "--layout=wide"),
    "val12.csv": (_W, (1, 90, 2, 0, 6.83), None, "--layout=wide"),
    "P1": ({}, (40, 8, 1, None, None), {"a", "b"}, "label in column 'label'"),
    "P5": ({}, (40, 8, 1, None, None), {"a", "b"}, "label in column 'label'"),
    "gp_gap.csv": ({}, (3, 150, 1, None, None), None, "missing: 60 of 450"),
    "gp_q1.csv": ({}, (3, 150, 1, None, None), None, "missing: 20 of 450"),
    "gp_pastidx.csv": ({}, (3, 100, 1, None, None), None, "missing: 0 of 300"),
    "dmy.csv": (_W, _DAYS, None, "read day-first, as %d/%m/%Y: in another order"),
    "dotdmy.csv": (_W, _DAYS, None, "read day-first, as %d.%m.%Y: in another order"),
    "dmyhour.csv": (_W, _DAYS, None, "give data.time_format=month-first"),
    "monthly.csv": (_W, _DAYS, None, "regular time step of 1 month (first day)"),
    "business.csv": (_W, _DAYS, None, "1 business day (Monday to Friday)"),
    "nixtla.csv": (
        _W,
        (8, 36, 1, None, None),
        None,
        "time step of 1 month (first day)",
    ),
    "yyyymmdd.csv": (_W, _DAYS, None, "are dates YYYYMMDD (guessed; data.time_format"),
    "dst_autumn_naive.csv": (_W, _DAYS, None, "1 hour(s) come twice, as in Europe/Ber"),
    "dst_spring_naive.csv": (_W, _DAYS, None, "1 hour(s) are skipped, as in Europe/Be"),
    "tzname.csv": (
        _W | {"time_zone": "Europe/Berlin"},
        _DAYS,
        None,
        "(Europe/Berlin); regular time step of 1 hour",
    ),
    "timecol.csv": (_W, _DAYS, None, "times of day without a date: read as 4 days"),
    "dup.csv": (_W | {"duplicates": "mean"}, _DUP, None, "already there: the mean"),
    "unsorted.csv": (_W | {"sort_time": True}, _DAYS, None, "96 time points sorted"),
    "ncl.npz": (
        {"array_layout": "ncl"},
        (50, 150, 3, None, None),
        {"a", "b"},
        "labels in 'y'",
    ),
    "X.npz": ({}, (50, 150, 1, None, None), None, "values in 'X', no labels"),
    "named.npz": ({}, (50, 150, 1, None, None), {"0", "1"}, "labels in 'labels'"),
    "ycol.npz": ({}, (50, 150, 1, None, None), {"0", "1"}, "labels in 'y'"),
    "bytes.npz": ({}, (50, 150, 1, None, None), {"a", "b"}, "labels in 'y'"),
    "lc.npy": ({}, (1000, 3, 1, None, None), None, "one long series of 1000 time poi"),
    "stamps.ts": ({}, (20, 12, 1, None, None), {"1", "2"}, "regular time step of 1"),
    "stampsdt.ts": ({}, (20, 12, 1, None, None), {"1", "2"}, "time step of 1 hour"),
    "hashdata.ts": ({}, (20, 12, 1, None, None), {"1", "2"}, "layout: .ts"),
    "mvuneq.ts": ({}, (20, 12, 2, None, None), {"1", "2"}, "20 series have channels"),
    "noclassline.ts": ({}, (20, 12, 1, None, None), None, "and no labels"),
}
_REFUSED = {  # File: (options, words).
    "unit.csv": (_W, "row 2, column 'load': '10.38 kW' has the unit 'kW'"),
    "dmy10.csv": (_W, "data.time_format=day-first or data.time_format=month-first"),
    "tzname.csv": (_W, "end in CEST, CET"),
    "dup.csv": (_W, "data.duplicates=mean, first or last"),
    "unsorted.csv": (_W, "data.sort_time=True"),
    "trailcomma.ts": ({}, "row 9: a comma stands behind the last value"),
    "spacesep.ts": ({}, "row 9: blanks stand between values"),
}


def _read(name, options):
    return files.read(str(_FAULTS / name), dataclasses.replace(_PLAIN, **options))


@pytest.mark.parametrize("name", _READ)
def test_what_is_read(name):
    options, (count, length, channels, least, most), labels, words = _READ[name]
    found = _read(name, options)
    assert len(found.series) == count
    assert {x.shape for x in found.series} == {(length, channels)}
    if least is not None:
        assert min(np.nanmin(x) for x in found.series) == least
    if most is not None:
        assert max(np.nanmax(x) for x in found.series) == most
    assert (None if found.label is None else set(found.label)) == labels
    assert words in "\n".join(found.notes)


@pytest.mark.parametrize("name", _REFUSED)
def test_what_is_refused(name):
    options, words = _REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(words)):
        _read(name, options)


def test_a_number_for_missing_values_is_honoured():
    (x,) = _read("sentinel.csv", _W | {"missing_values": "-9999"}).series
    assert np.isnan(x).sum() == 4
    assert np.nanmin(x) == 3.39


def test_an_array_with_more_channels_than_time_points_is_warned_of():
    found = _read("ncl.npz", {})
    assert found.series[0].shape == (3, 150)
    assert any("data.array_layout=ncl" in n for n in found.notes if is_warning(n))


def test_a_set_under_root():
    found = files.read_set("Mine", str(_FAULTS / "root"), _PLAIN)
    assert (len(found.series), found.lengths.min(), found.lengths.max()) == (40, 10, 12)
    alone = _read("root/Mine", {})
    for one, other in zip(found.series, alone.series, strict=True):
        np.testing.assert_array_equal(one, other)
