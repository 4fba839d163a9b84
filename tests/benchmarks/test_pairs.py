"""Two sides in turn: the ratio, its interval and the floor, and the two commands."""

import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import (
    against_commit,
    against_timevqvae,
    cases,
    ours,
    pairs,
    shapes,
    turns,
)

_SMALL = {
    f"tokenizer.{band}.{key}": value
    for band in ("low", "high")
    for key, value in {"width": 8, "num_res_blocks": 1}.items()
} | {
    f"prior.{band}.{key}": value
    for band in ("low", "high")
    for key, value in {"width": 16, "num_layers": 1, "head_width": 8}.items()
}


class _Fake:
    """A process that takes so long for a unit; `slow`: by number of the call."""

    def __init__(self, log, name, seconds):
        self.log, self.name, self.seconds, self.spent = log, name, seconds, 0.0

    def ask(self, do, units=1, **_):
        if do == "prepare":
            return {"facts": {"name": self.name}, "operations": 8e9}
        self.log.append((self.name, units))
        took = self.seconds * (1 + 0.1 * (len(self.log) % 3))  # What disturbs both.
        self.spent += 2 * took * units
        return {"seconds": took}

    def processor_seconds(self):
        return 1.0 + self.spent

    def close(self):
        self.log.append((self.name, "closed"))


def _measure(seconds, rounds=9):
    log, left = [], dict(seconds)

    def start(side):
        return _Fake(log, side, left[side].pop(0))

    return pairs.measure(start, dict.fromkeys(seconds), rounds, 1.0), log


def test_the_ratio_of_sides_and_the_floor_of_copies():
    found, log = _measure({"now": [0.22, 0.22], "then": [0.19, 0.21]}, rounds=60)
    assert found["wall"]["ratio"]["median"] == pytest.approx(1.1, rel=0.05)
    assert found["processor"]["ms"]["now"] == pytest.approx(
        2 * found["wall"]["ms"]["now"]
    )
    assert found["wall"]["floors"]["then"]["median"] == pytest.approx(1.105, rel=0.1)
    assert found["units"] == {"now": 4, "then": 5}
    timed = [name for name, units in log if units in (4, 5)]
    assert timed[:8] == ["now", "then", "now", "then", "then", "now", "then", "now"]
    assert [name for name, what in log if what == "closed"] == ["then", "now"] * 2


def test_the_interval_is_that_of_a_median():
    rng = np.random.default_rng(1)
    found = pairs.interval(rng.normal(1.0, 0.1, 400))
    # Of the median of normal numbers: 1.96 * sqrt(pi / 2) * 0.1 / sqrt(400).
    assert found["high"] - found["low"] == pytest.approx(2 * 0.01228, rel=0.3)
    assert found["low"] < found["median"] < found["high"]


def test_slower_is_slower_by_every_clock():
    def entry(wall, processor):
        return {
            "wall": {"ratio": {"low": wall}},
            "processor": {"ratio": {"low": processor}},
        }

    assert pairs.is_slower(entry(1.05, 1.04), 1.03)
    assert not pairs.is_slower(entry(1.05, 1.02), 1.03)


def test_old_settings_become_those_of_today():
    then = {"a": 1, "b": {"c": 2, "d": 3}, "gone": 4}
    now = {"a": 1, "b": {"c": 5, "d": 3, "new": 6}, "more": 7}
    config, changed = against_commit.same_settings(then, now)
    assert config == {"a": 1, "b": {"c": 5, "d": 3}, "gone": 4}
    assert changed == {"b.c": [2, 5]}


def test_bad_words_are_refused(capsys):
    for words in (["HEAD", "--rounds=1"], ["HEAD", "--cases=stage9"]):
        with pytest.raises(SystemExit):
            against_commit.parse(words)
    assert "known: stage1" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        against_timevqvae.parse(["--shapes", "ford"])
    with pytest.raises(SystemExit):
        against_timevqvae.parse(["--presets", "faithfull"])
    with pytest.raises(SystemExit, match="0000000"):
        with against_commit.checkout("0000000"):
            pass


def test_a_command_is_kept_without_places():
    words = ["8d5c228", "--out", "/x", "--rounds=3", "--peer-env=/y", "--seconds", "1"]
    wanted = "python benchmarks/against_commit.py 8d5c228 --rounds=3 --seconds 1"
    assert pairs.command_of("against_commit", words) == wanted


def test_a_process_tells_what_it_has_computed():
    process = turns.Process("ours", sys.executable, 1, "cpu", 60)
    try:
        with pytest.raises(turns.SideFailed):  # Imports, and fails.
            process.ask(do="prepare", job={})
        assert process.processor_seconds() > 0.1
    finally:
        process.close()


@pytest.mark.slow
def test_both_priors_are_a_unit(monkeypatch):
    first, second = cases.of_two_bands("faithful", 4)
    assert second.stages == ("prior_low", "prior_high")
    assert second.config["train"]["prior"]["batch_size"] == 4
    job = cases.make_job(second, shapes.Shape(8, 24, 1, 2))
    config = ours.ConfigDict(job["config"])
    config.update_from_flattened_dict(_SMALL)
    made = []
    training = ours._training

    def watched(lesson, *rest):
        made.append(lesson[0].name)
        return training(lesson, *rest)

    monkeypatch.setattr(ours, "_training", watched)
    ready = ours.prepare({**job, "config": config.to_dict()})
    ready.run(2)
    assert made == ["prior_low", "prior_high"]
    assert ready.operations > 1e5


@pytest.mark.slow
def test_this_commit_against_itself(tmp_path):
    known = subprocess.run(["git", "rev-parse", "HEAD"], cwd=turns.ROOT, check=False)
    if known.returncode:
        pytest.skip("no git history here")
    words = ["HEAD", "--cases=stage2", "--shapes", "tiny", "--rounds=3"]
    against_commit.main([*words, "--seconds=0.2", f"--out={tmp_path}"])
    (path,) = tmp_path.glob("against-*.json")
    (entry,) = json.loads(path.read_text())["cases"]
    assert entry["changed"] == {}
    assert 0.5 < entry["processor"]["ratio"]["median"] < 2
