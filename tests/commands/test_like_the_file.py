"""What goes in comes out: layout, names, times and whole numbers of the training file."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import tsgen_jax
from tests import console
from tsgen_jax.api.load import load
from tsgen_jax.data import windows
from tsgen_jax.data.sources import files
from tsgen_jax.data.sources.description import describe_arrays
from tsgen_jax.data.sources.reading import Reading

_L = 24


@pytest.fixture
def learned(monkeypatch, tmp_path, tiny_model):
    """(text of a training file, reading) -> what was read; its model is `--run=m`."""
    monkeypatch.chdir(tmp_path)

    def learn(text, **how):
        (tmp_path / "train.csv").write_text(text)
        reading = dataclasses.replace(Reading.plain(), **how)
        found = files.find("train.csv", reading)
        facts = dataclasses.replace(tiny_model.facts, described=found.described)
        if found.label is None:
            facts = dataclasses.replace(facts, classes=("all",), class_counts=(24,))
        model = dataclasses.replace(tiny_model, facts=facts)
        monkeypatch.setattr(tsgen_jax, "load", lambda path, settings=None: model)
        return found

    return learn


@pytest.fixture
def run(monkeypatch):
    def command(*arguments):
        assert console.run(monkeypatch, *arguments) == 0

    return command


def _recording(length, seed=0):
    """Hours of two channels, the second in whole numbers."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"when": pd.date_range("2024-02-28", periods=length, freq="h")}
    )
    frame["load"] = rng.normal(size=length)  # More digits than float32 has.
    frame["count"] = 44_994_500 + rng.integers(0, 9, length)
    return frame


def _csv(frame):
    return frame.to_csv(index=False)


def test_a_recording_with_gaps_comes_back_whole(learned, run):
    frame = _recording(90)
    found = learned(_csv(frame), window=_L)
    gaps = frame.astype({"count": "Int64"})
    gaps.loc[10:40, "load"] = None
    gaps.loc[50, "count"] = None
    gaps.drop(index=range(60, 65)).to_csv("gaps.csv", index=False)
    more = ["--num=3", "--quantiles=q.csv", "--plot"]
    run("impute", "--run=m", "--input=gaps.csv", "--out=filled.csv", *more)
    exact = {"float_precision": "round_trip"}
    filled = pd.read_csv("filled.csv", dtype={"count": str}, **exact)
    names = ["when", "load", "count"]
    assert list(filled.columns) == [*names, "load_observed", "count_observed"]
    assert pd.to_datetime(filled["when"]).equals(frame["when"])
    assert filled["count"].str.fullmatch(r"-?\d+").all()
    for name in ("load", "count"):
        seen = filled[f"{name}_observed"] == 1
        judge = gaps[name].notna() & ~gaps.index.isin(range(60, 65))
        assert seen.equals(judge)
        given = filled[name].astype(float)[seen]
        np.testing.assert_array_equal(given, frame[name][seen])
        assert filled[name].notna().all()
    assert list(pd.read_csv("q.csv").columns)[:3] == ["when", "load_q05", "load_q25"]
    # What was written goes in again: nothing is missing any more, and it goes on.
    run("forecast", "--run=m", "--input=filled.csv", "--horizon=3", "--out=next.csv")
    following = pd.read_csv("next.csv")
    assert list(following.columns) == names
    after = pd.date_range(frame["when"].iloc[-1], periods=4, freq="h")[1:]
    assert pd.to_datetime(following["when"]).tolist() == after.tolist()
    assert len(found.series) == 1


def test_a_long_table_of_patients_goes_on_per_patient(learned, run):
    frames = []
    for who, group, day, length in (("b", "1", 3, 9), ("a", "0", 10, 12)):
        one = _recording(length).drop(columns="when")
        one.insert(0, "patient", who)
        one.insert(1, "day", np.arange(day, day + length))
        frames.append(one.assign(group=group))
    frame = pd.concat(frames)
    learned(_csv(frame), id_column="patient", label_column="group", time_column="day")
    past = frame.astype({"count": "Int64"}).reset_index(drop=True)
    past.loc[4, ["load", "count"]] = None
    past.to_csv("past.csv", index=False)
    more = ["--horizon=2", "--num=3", "--draws=d.csv", "--plot"]
    run("forecast", "--run=m", "--input=past.csv", "--out=next.csv", *more)
    future = pd.read_csv("next.csv")
    assert list(future.columns) == ["patient", "day", "load", "count", "group"]
    assert future["patient"].tolist() == ["b", "b", "a", "a"]
    assert future["day"].tolist() == [12, 13, 22, 23]
    assert future["group"].tolist() == [1, 1, 0, 0]
    assert future["count"].dtype.kind == "i"
    draws = pd.read_csv("d.csv")
    assert list(draws.columns)[:3] == ["patient", "draw", "day"]
    assert len(draws) == 3 * len(future)


def test_one_recording_is_generated_again_with_dates(learned, run):
    learned(_csv(_recording(90)), window=_L)
    run("sample", "--run=m", "--length=60", "--start=2025-12-31 20:00", "--out=a.csv")
    year = pd.read_csv("a.csv")
    assert list(year.columns) == ["when", "load", "count"]
    judge = pd.date_range("2025-12-31 20:00", periods=60, freq="h")
    assert pd.to_datetime(year["when"]).tolist() == judge.tolist()
    assert year["count"].dtype.kind == "i"
    run("sample", "--run=m", "--num=3", "--out=b.csv", "--plot")
    three = pd.read_csv("b.csv")
    assert list(three.columns) == ["series", "when", "load", "count"]
    assert len(three) == 3 * _L
    assert three["when"].iloc[_L].startswith("2024-02-28")


def test_a_run_and_a_model_file_keep_the_description(tiny_run, tmp_path):
    import json
    import shutil

    from tsgen_jax.api.export import export

    (tmp_path / "train.csv").write_text(_csv(_recording(160)))
    how = dataclasses.replace(Reading.plain(), window=_L)
    found = files.read(str(tmp_path / "train.csv"), how)
    found = windows.cut(found, _L, 6, 0.2, 0.2)
    shutil.copytree(tiny_run, tmp_path / "run")
    path = tmp_path / "run" / "dataset.json"
    facts = json.loads(path.read_text()) | {"described": found.described.to_json()}
    facts.pop("checksum")
    path.write_text(json.dumps(facts))
    model = load(str(tmp_path / "run"))
    assert model.facts.described == found.described
    export(model, str(tmp_path / "m.tsgen"), with_sampler=False)
    assert load(str(tmp_path / "m.tsgen")).facts.described == found.described


class _Ramp:
    """A generator of one channel that fills gaps by 0.5, 1.5 and so on."""

    label_use = "optional"
    weights = {}  # noqa: RUF012

    def __init__(self, info):
        self.info = info

    def inpaint(self, key, x, observed, label, num):
        drawn = np.where(observed, x, np.arange(x.shape[1])[:, None] + 0.5)
        return np.repeat(np.float32(drawn)[None], num, axis=0)


def test_wide_stays_wide_unless_asked(learned, run, monkeypatch, tmp_path):
    x = np.round(np.random.default_rng(0).normal(size=(3, _L)), 3)
    train = pd.DataFrame(x, columns=[f"h{i:02d}" for i in range(_L)])
    train.insert(0, "id", ["p", "q", "r"])
    train["kind"] = ["0", "1", "1"]
    learned(_csv(train), label_column="kind")
    model = tsgen_jax.load("m")
    facts = dataclasses.replace(model.facts, num_channels=1)
    ramp = _Ramp(model.generator.info)
    model = dataclasses.replace(model, facts=facts, generator=ramp)
    monkeypatch.setattr(tsgen_jax, "load", lambda path, settings=None: model)
    gaps = train.copy()
    gaps.loc[1, ["h03", "h04"]] = np.nan
    gaps.loc[2, ["h22", "h23"]] = np.nan
    gaps.to_csv("gaps.csv", index=False)
    more = ["--num=2", "--quantiles=q.csv", "--draws=d.csv"]
    run("impute", "--run=m", "--input=gaps.csv", "--out=wide.csv", *more)
    wide = pd.read_csv("wide.csv", dtype={"kind": str})
    assert list(wide.columns) == [*train.columns, "observed"]
    judge = train.copy()
    judge.loc[1, ["h03", "h04"]] = [3.5, 4.5]
    judge.loc[2, ["h22", "h23"]] = [22.5, 23.5]
    pd.testing.assert_frame_equal(wide[train.columns], judge)
    assert wide["observed"].tolist() == ["h00:h23", "h00:h02 h05:h23", "h00:h21"]
    assert pd.read_csv("q.csv")["quantile"].tolist()[::3] == [
        0.05,
        0.25,
        0.5,
        0.75,
        0.95,
    ]
    assert pd.read_csv("d.csv")["draw"].tolist() == [0, 0, 0, 1, 1, 1]
    run("impute", "--run=m", "--input=gaps.csv", "--out=long.csv", "--layout=long")
    long = pd.read_csv("long.csv")
    assert list(long.columns) == ["id", "time", "value", "kind", "observed"]
    assert len(long) == 3 * _L
    assert (long["observed"] == 0).sum() == 4
    # A model that learned from arrays writes a wide table as it was read.
    arrays = describe_arrays(Reading.plain(), "wide", (x[0][:, None],))
    facts = dataclasses.replace(model.facts, described=arrays)
    other = dataclasses.replace(model, facts=facts)
    monkeypatch.setattr(tsgen_jax, "load", lambda path, settings=None: other)
    gaps.drop(columns=["id", "kind"]).set_axis([7, 8, 9]).to_csv("index.csv")
    run("impute", "--run=m", "--input=index.csv", "--out=indexed.csv")
    indexed = pd.read_csv("indexed.csv", index_col=0)
    assert indexed.index.tolist() == [7, 8, 9]
    hours = [f"h{i:02d}" for i in range(_L)]
    assert list(indexed.columns) == [*hours, "observed"]
    np.testing.assert_array_equal(indexed[hours], judge[hours])
    monkeypatch.setattr(tsgen_jax, "load", lambda path, settings=None: model)
    # The past ends where a row does: its future begins there.
    run("forecast", "--run=m", "--input=gaps.csv", "--horizon=2", "--out=f.csv")
    assert list(pd.read_csv("f.csv").columns) == [
        "id",
        "h22",
        "h23",
        "h24",
        "h25",
        "kind",
    ]


def test_a_file_that_differs_is_read_as_the_options_say(learned, run):
    frame = _recording(40)
    learned(_csv(frame), window=_L)
    gaps = frame.astype({"count": "Int64"}).rename(columns={"when": "stamp"})
    gaps["stamp"] = gaps["stamp"].dt.strftime("%d.%m.%Y %H:%M")
    gaps.loc[5:7, "load"] = None
    gaps.to_csv("gaps.csv", index=False, sep=";", decimal=",")
    how = ["--separator=;", "--decimal=,", "--time=stamp", "--time-format=day-first"]
    run("impute", "--run=m", "--input=gaps.csv", "--out=a.csv", "--num=3", *how)
    filled = pd.read_csv("a.csv", float_precision="round_trip")
    assert filled["stamp"].tolist() == gaps["stamp"].tolist()
    seen = filled["load_observed"] == 1
    assert (~seen).sum() == 3
    np.testing.assert_array_equal(filled["load"][seen], frame["load"][seen])
    more = ["--horizon=2", "--out=b.csv", "--num=3", *how]
    run("forecast", "--run=m", "--input=gaps.csv", *more)
    assert pd.read_csv("b.csv")["stamp"].tolist() == [
        "29.02.2024 16:00",
        "29.02.2024 17:00",
    ]
