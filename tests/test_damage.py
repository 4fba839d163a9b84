"""Damage of a finished run: noticed, told by the file's name with the way back."""

import json
import os
import shutil

import jax
import numpy as np
import pytest

import tsgen_jax
from tests import tiny
from tests.runs.test_flipped_bits import flip, flips
from tsgen_jax.api import load as loading
from tsgen_jax.evaluation.scores import Score
from tsgen_jax.judges import assess, judge_run
from tsgen_jax.runs import directory, files
from tsgen_jax.runs.facts import read_facts
from tsgen_jax.runs.metrics import Writer, read_metrics


def _assessment():
    floors = {"TRAIN": 0.25, "TEST halves": 1 / 3}
    rows = [
        Score("fid", "fcn", 1.5, 1.25, 2.0, floors, "lower", 0.0, "a note", "fidelity"),
        Score("cas", "fcn", 0.75, None, None, {}, "higher", 1.0, "", "usefulness"),
    ]
    pictures = {"nearest/rows": np.arange(3), "points/PCA/real": np.eye(4)}
    return assess.Assessment(rows, ["a word"], "abc", pictures)


@pytest.fixture(scope="module")
def full_run(tiny_run, tmp_path_factory):
    """`tiny_run` with what samples and judges leave."""
    workdir = str(tmp_path_factory.mktemp("damage") / "run")
    shutil.copytree(tiny_run, workdir)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 24, 2)).astype(np.float32)
    samples = {"x": x, "label": np.arange(5) % 2, "tokens": np.arange(30).reshape(5, 6)}
    files.write_arrays(f"{workdir}/samples.npz", samples)
    files.write_arrays(f"{workdir}/reconstructions.npz", {"x": x, "x_hat": x + 1})
    for stage in ("tokenizer", "prior"):
        directory.mark_done(workdir, stage, {"steps": 20, "valid_loss": 0.1 + 0.2})
        with Writer(workdir, stage, 20, 0) as writer:
            writer.write(10, "train", {"loss": 1 / 3})
            writer.write(20, "valid", {"loss": float("nan")})
    shutil.rmtree(f"{workdir}/tensorboard")  # Nobody reads it back.
    judged = _assessment()
    judged.write(f"{workdir}/evaluation")
    judge_run._record(judged, workdir)
    shutil.rmtree(f"{workdir}/tensorboard")
    return workdir


def _everything(workdir) -> dict:
    """All values that the library reads of a run, by name."""
    model = tsgen_jax.load(workdir)
    generator = model.generator
    leaves = dict(generator.weights)
    judged = assess.read(f"{workdir}/evaluation")
    arrays = {"pictures": judged.pictures}
    for name in ("samples", "reconstructions"):
        arrays[name] = files.read_arrays(f"{workdir}/{name}.npz", "Make it anew.")
    bits = lambda tree: [np.asarray(a).tobytes() for a in jax.tree.leaves(tree)]  # noqa: E731
    return {
        "config": model.config.to_dict(),
        "info": json.dumps(model.facts.to_json(), sort_keys=True, default=str),
        "metrics": model.metrics,
        "weights": bits(leaves),
        "scores": [score.to_json() for score in judged.scores],
        "notes": (judged.notes, judged.judge),
        "arrays": {name: (sorted(of), bits(of)) for name, of in arrays.items()},
        "done": [directory.read_done(workdir, s) for s in generator.weights],
        "lines": read_metrics(workdir),
    }


def _known(found, judge):
    """`found` without keys that `judge` has not: a checksum whose name was flipped."""
    if isinstance(judge, dict) and isinstance(found, dict):
        return {k: _known(found[k], judge[k]) for k in judge if k in found}
    if isinstance(judge, list) and isinstance(found, list) and len(judge) == len(found):
        return [_known(f, j) for f, j in zip(found, judge, strict=True)]
    return found


@pytest.mark.parametrize("num", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_flipped_bits_of_a_run_are_noticed_or_change_no_value(
    num, full_run, tmp_path, monkeypatch
):
    workdir = str(tmp_path / "run")
    shutil.copytree(full_run, workdir)
    build, built = loading.build, {}

    def build_once(config, info, settings, where):
        key = json.dumps([config.to_dict(), info.to_json()], default=str)
        if key not in built:
            built[key] = build(config, info, settings, where)
        return built[key]

    monkeypatch.setattr(loading, "build", build_once)
    judge, noticed = _everything(workdir), 0
    for name, at, bit in flips(workdir, num, seed=num):
        path = os.path.join(workdir, name)
        flip(path, at, bit)
        try:
            found = _everything(workdir)
        except ValueError as error:
            stage = os.path.join(workdir, name.split("/weights/")[0])
            assert stage in str(error), (name, error)  # noqa: PT017
            noticed += 1
        else:
            assert _known(found, judge) == judge, (name, at, bit)
        flip(path, at, bit)
    assert noticed > num // 3
    assert _everything(workdir) == judge


_JSON = ("{}", "[]", "null", '"word"', "{", "\x00\x00", "[" * 1000 + "]" * 1000)


@pytest.mark.parametrize("content", _JSON)
@pytest.mark.parametrize(
    ("name", "read", "fix"),
    [
        ("tokenizer/done.json", tsgen_jax.load, "command again"),
        ("evaluation/done.json", tsgen_jax.load, "command again"),
        ("config.json", tsgen_jax.load, "Put back a copy"),
        ("dataset.json", read_facts, "Put back a copy|command once more"),
        (
            "evaluation/scores.json",
            lambda run: assess.read(f"{run}/evaluation"),
            "tsgen evaluate",
        ),
    ],
)
def test_damaged_json_is_one_sentence(name, read, fix, content, full_run, tmp_path):
    workdir = str(tmp_path / "run")
    shutil.copytree(full_run, workdir)
    path = os.path.join(workdir, name)
    with open(path, "w") as file:
        file.write(content)
    with pytest.raises(ValueError, match=rf"^{path}( is damaged|: ).*({fix})"):
        read(workdir)


def test_damaged_arrays_are_one_sentence(full_run, tmp_path):
    workdir = str(tmp_path / "run")
    shutil.copytree(full_run, workdir)
    for name, read, fix in (
        (
            "evaluation/pictures.npz",
            lambda run: assess.read(f"{run}/evaluation"),
            "Judge",
        ),
    ):
        path = os.path.join(workdir, name)
        with open(path, "rb") as file:
            whole = file.read()
        at = whole.index(b".npy") + 40  # Within compressed bytes: zlib's own error.
        for data in (
            b"",
            whole[:-40],
            whole[:at] + b"\xff" * 9 + whole[at + 9 :],
        ):
            with open(path, "wb") as file:
                file.write(data)
            with pytest.raises(ValueError, match=rf"^{path} is damaged .*{fix}"):
                read(workdir)


class _Generator:
    """Reconstructs series as themselves plus 1."""

    encode = staticmethod(lambda x: x)
    decode = staticmethod(lambda tokens: tokens + 1)


def test_what_a_kill_or_damage_took_of_an_evaluation_is_made_anew(
    full_run, tmp_path, caplog
):
    """Scores are on the disk first; the line in metrics.jsonl and done.json follow."""
    workdir = str(tmp_path / "run")
    shutil.copytree(full_run, workdir)
    dataset, judge = tiny.make_dataset(channels=2), _assessment()
    lines = read_metrics(workdir)
    assert lines[-1] == {
        "stage": "evaluation",
        "step": 1,
        "test/fid_fcn": 1.5,
        "test/cas_fcn": 0.75,
    }
    # Killed between scores.json and the line.
    os.remove(f"{workdir}/evaluation/done.json")
    with open(f"{workdir}/metrics.jsonl") as file:
        text = file.readlines()
    with open(f"{workdir}/metrics.jsonl", "w") as file:
        file.writelines(text[:-1])
    assert read_metrics(workdir) == lines[:-1]
    found = judge_run.stored(dataset, _Generator, workdir)
    assert found.metrics() == judge.metrics()
    assert read_metrics(workdir) == lines
    assert directory.read_done(workdir, "evaluation") == judge.metrics()
    assert not caplog.text
    # Damaged.
    for name in ("reconstructions.npz", "evaluation/done.json"):
        os.truncate(f"{workdir}/{name}", 10)
        judge_run.stored(dataset, _Generator, workdir)
        assert f"{workdir}/{name} is damaged" in caplog.text
    stored = files.read_arrays(f"{workdir}/reconstructions.npz", "")
    np.testing.assert_array_equal(stored["x_hat"], dataset.x_test + 1)
    assert read_metrics(workdir) == lines
    os.truncate(f"{workdir}/evaluation/pictures.npz", 10)
    assert judge_run.stored(dataset, _Generator, workdir) is None
    assert "They are judged anew" in caplog.text


def test_floors_have_one_order(tmp_path):
    """That of scores read back is that of scores just computed."""
    judged = _assessment()
    judged.write(str(tmp_path))
    again = assess.read(str(tmp_path))
    for one, other in zip(judged.scores, again.scores, strict=True):
        assert list(one.floors.items()) == list(other.floors.items())
    assert list(again.scores[0].floors) == ["TRAIN", "TEST halves"]
    names = dict.fromkeys(("b", "TRAIN", "a"), 1.0)
    row = Score("x", "", 1.0, None, None, names, "", None, "", "privacy")
    assert list(row.floors) == ["TRAIN", "a", "b"]
