"""A flipped bit anywhere in what is stored: noticed, or without effect on any value."""

import os
import random

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.runs import checkpoint, description
from tsgen_jax.runs.checkpoint import Checkpoints


def flips(directory, num: int, seed: int) -> list[tuple[str, int, int]]:
    """(file, byte, bit) of `num` bits, each of all bits in `directory` as likely."""
    sizes = {}
    for place, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(place, name)
            sizes[os.path.relpath(path, directory)] = os.path.getsize(path)
    names = sorted(sizes)
    ends = np.cumsum([sizes[name] for name in names])
    chosen = []
    for bit in random.Random(seed).sample(range(8 * int(ends[-1])), num):
        which = int(np.searchsorted(ends, bit // 8, side="right"))
        at = bit // 8 - int(ends[which] - sizes[names[which]])
        chosen.append((names[which], at, bit % 8))
    return chosen


def flip(path, at: int, bit: int) -> None:
    """Flips one bit of a file, in place; twice is as before."""
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0] ^ 1 << bit
        file.seek(at)
        file.write(bytes([byte]))


def bits(tree) -> list[bytes]:
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


@pytest.fixture(scope="module")
def state():
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(64, 64)).astype(np.float32)
    weight[0, :4] = np.nan, -0.0, np.inf, 1e-42
    return {
        "kernel": jnp.asarray(weight),
        "scale": jnp.asarray(rng.normal(size=5), jnp.bfloat16),
        "step": jnp.int32(7),
    }


def _save(directory, state, steps):
    with Checkpoints(directory, 3) as checkpoints:
        for step in steps:
            checkpoints.save(
                step, state | {"step": jnp.int32(step)}, {"best": step / 3}
            )


def _restore(directory, state):
    with Checkpoints(directory, 3) as checkpoints:
        return checkpoints.restore(checkpoint.abstract(state))


@pytest.mark.parametrize("num", [60, pytest.param(200, marks=pytest.mark.slow)])
def test_a_checkpoint_falls_back_to_the_one_before(num, tmp_path, state, caplog):
    _save(str(tmp_path), state, [1, 2])
    noticed = 0
    for name, at, bit in flips(tmp_path / "2", num, seed=num):
        path = tmp_path / "2" / name
        caplog.clear()
        flip(path, at, bit)
        step, found, info = _restore(str(tmp_path), state)
        if (tmp_path / "2.broken").exists():
            (tmp_path / "2.broken").rename(tmp_path / "2")
        flip(path, at, bit)
        assert bits(found) == bits(state | {"step": jnp.int32(step)}), (name, at, bit)
        assert info == {"best": step / 3}, (name, at, bit)
        if step == 1:
            assert f"{tmp_path}/2 cannot be read" in caplog.text
            assert "Step 1 is used instead" in caplog.text
            noticed += 1
    assert noticed > num // 3
    assert _restore(str(tmp_path), state)[0] == 2


def test_metadata_that_orbax_stumbles_over_is_set_aside(tmp_path, state, caplog):
    _save(str(tmp_path), state, [1, 2])
    for name in "12":
        path = tmp_path / name / "_CHECKPOINT_METADATA"
        path.write_text(path.read_text().replace("commit_time", "commit_pime"))
    with pytest.raises(ValueError, match=r"None of the checkpoints in (.|\n)*step 2"):
        _restore(str(tmp_path), state)
    assert sorted(os.listdir(tmp_path)) == ["1", "2"]
    path = tmp_path / "1" / "_CHECKPOINT_METADATA"
    path.write_text(path.read_text().replace("commit_pime", "commit_time"))
    assert _restore(str(tmp_path), state)[0] == 1
    assert f"{tmp_path}/2 cannot be read" in caplog.text
    assert sorted(os.listdir(tmp_path)) == ["1", "2.broken"]
    _save(str(tmp_path), state, [2])
    assert sorted(os.listdir(tmp_path)) == ["1", "2"]
    assert _restore(str(tmp_path), state)[0] == 2


@pytest.mark.parametrize("num", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_weights_are_refused_and_the_way_back_is_named(num, tmp_path, state):
    directory = str(tmp_path / "weights")
    checkpoint.save_weights(directory, state)
    wanted, noticed = checkpoint.abstract(state), 0
    for name, at, bit in flips(directory, num, seed=num):
        flip(tmp_path / "weights" / name, at, bit)
        try:
            found = checkpoint.load_weights(directory, wanted)
        except ValueError as error:
            noticed += directory in str(error) and "command again" in str(error)
        else:
            assert bits(found) == bits(state), (name, at, bit)
        flip(tmp_path / "weights" / name, at, bit)
    assert noticed > num // 3
    assert bits(checkpoint.load_weights(directory, wanted)) == bits(state)


def test_a_value_that_differs_from_its_digest_is_named(tmp_path, state, monkeypatch):
    directory = str(tmp_path / "weights")
    other = state | {"kernel": state["kernel"].at[3, 3].add(1e-6)}
    digests = description._digests(other)
    # As if the bytes had changed between digest and disk.
    monkeypatch.setattr(description, "_digests", lambda tree: digests)
    checkpoint.save_weights(directory, state)
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"\['kernel'\]: damaged, the SHA-256 differs"):
        checkpoint.load_weights(directory, checkpoint.abstract(state))


def test_digests_are_of_values_and_not_of_devices(state):
    mesh = jax.make_mesh((8,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec
    everywhere = jax.device_put(state, jax.sharding.NamedSharding(mesh, spec()))
    judge = description._digests(state)
    assert description._digests(everywhere) == judge
    split = jax.sharding.NamedSharding(mesh, spec("data"))
    kernel = {"kernel": jax.device_put(state["kernel"], split)}
    assert description._digests(kernel) == {"['kernel']": judge["['kernel']"]}
    zero = {"kernel": state["kernel"].at[0, 1].set(0.0)}  # It was -0.
    assert description._digests(zero) != description._digests(kernel)


def test_a_state_of_before_digests_is_read_and_it_is_said(
    tmp_path, state, monkeypatch, caplog
):
    directory = str(tmp_path / "weights")
    of = description.of
    old = lambda *args: {k: of(*args)[k] for k in ("info", "leaves")}  # noqa: E731
    monkeypatch.setattr(description, "of", old)
    checkpoint.save_weights(directory, state)
    found = checkpoint.load_weights(directory, checkpoint.abstract(state))
    assert bits(found) == bits(state)
    assert [r.getMessage() for r in caplog.records if "digests" in r.getMessage()] == [
        f"{directory} has no digests: an older version wrote it, or it is damaged. Its "
        "values are not checked."
    ]
