"""After the first events of each kind nothing is traced or compiled any more."""

import dataclasses

import jax
import numpy as np

import tsgen_jax
from tests.traces import watch, watch_late
from tests.training.test_loop import _fit, _toy
from tsgen_jax.training import progress


def _late(task, workdir, monkeypatch):
    events = {"num_steps": 17, "log_every": 2, "eval_every": 3, "checkpoint_every": 4}
    with watch_late(monkeypatch, progress) as late:
        _fit(task, workdir, **events)
    return late["tokenizer"]


def test_a_loop_compiles_at_its_start_only(tmp_path, monkeypatch):
    """That of both stages, and of several seeds, is watched in test_seeds."""
    assert not _late(_toy()[0], tmp_path, monkeypatch)


def test_a_program_that_is_traced_again_is_seen(tmp_path, monkeypatch):
    task, _ = _toy()

    def evaluate(weights, rows):
        return {"loss": float(jax.jit(lambda w: w.sum())(weights["kernel"]))}

    late = _late(
        dataclasses.replace(
            task, stage=dataclasses.replace(task.stage, evaluate=evaluate)
        ),
        tmp_path,
        monkeypatch,
    )
    assert [what for what, _ in late].count("backend_compile_duration") == 4


def test_sampling_compiles_for_two_sizes_only(tiny_run):
    generator = tsgen_jax.load(tiny_run).generator  # One that nobody has used.

    def sample(num):
        tokens = generator.sample_tokens(jax.random.key(0), np.arange(num) % 2)[-1]
        assert generator.encode(generator.decode(tokens)).shape == tokens.shape

    with watch() as seen:
        sample(3)  # Few.
        sample(20)  # Many.
    assert seen
    with watch() as seen:
        for num in (1, 8, 16, 17, 33):
            sample(num)
    assert not seen
