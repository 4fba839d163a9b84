"""What is drawn of the same noise while a network learns."""

import dataclasses

import numpy as np
import pytest

from tests.training.test_loop import _fit, _settings, _toy
from tsgen_jax.training import snapshots


@pytest.mark.parametrize(
    ("num_steps", "every", "wanted"),
    [
        (3000, 50, [0, 50, 200, 750, 3000]),
        (6, 2, [0, 2, 6]),
        (30, 100, [0, 30]),
        (1, 1, [0, 1]),
    ],
)
def test_few_steps_and_each_is_logged(num_steps, every, wanted):
    settings = _settings(num_steps=num_steps, log_every=every)
    assert snapshots.steps(settings) == wanted


def _task(**options):
    task, _ = _toy(**options)
    stage = dataclasses.replace(
        task.stage,
        snapshot=lambda weights, rows: {
            "x": np.asarray(weights["kernel"]) + rows["x"][:1],
            "label": np.array([0]),
        },
    )
    return dataclasses.replace(task, stage=stage)


def test_they_are_of_the_weights_of_their_step_and_change_nothing(tmp_path):
    plain, _ = _fit(_toy()[0], tmp_path / "plain", select="last")
    weights, _ = _fit(_task(), tmp_path / "run", select="last")
    np.testing.assert_array_equal(plain["kernel"], weights["kernel"])
    kept = snapshots.read(str(tmp_path / "run"), "tokenizer")
    assert [*kept] == [0, 3, 9, 30]
    first = _task().rows["x"][:1]
    np.testing.assert_array_equal(kept[30]["x"], np.asarray(weights["kernel"]) + first)
    early, _ = _fit(_task(), tmp_path / "nine", select="last", num_steps=9)
    assert np.abs(kept[9]["x"] - kept[0]["x"]).max() > 0.01
    assert early["kernel"].shape == (3,)
    assert snapshots.read(str(tmp_path / "plain"), "tokenizer") == {}


def test_one_that_stops_early_has_its_last_step(tmp_path):
    losses = [1.0, 2.0, 3.0]
    _fit(_task(losses=losses), tmp_path, patience=1)
    assert [*snapshots.read(str(tmp_path), "tokenizer")] == [0, 3, 9, 20]


def test_a_damaged_file_is_named(tmp_path):
    _fit(_task(), tmp_path, num_steps=3)
    path = tmp_path / "tokenizer" / "snapshots" / "3.npz"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ValueError, match=r"3\.npz is damaged.*Delete it"):
        snapshots.read(str(tmp_path), "tokenizer")
