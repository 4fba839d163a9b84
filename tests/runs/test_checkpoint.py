"""Checkpoints: bit for bit, across devices, after damage, kills and full disks."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from tsgen_jax.runs import checkpoint
from tsgen_jax.runs.checkpoint import Checkpoints


@flax.struct.dataclass
class State:
    step: jax.Array
    params: dict
    opt_state: optax.OptState


@pytest.fixture(scope="module")
def state() -> State:
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(64, 32)).astype(np.float32)
    weight[0, :4] = np.nan, -0.0, np.inf, 1e-42  # What a text format would lose.
    params = {
        "dense": {"kernel": jnp.asarray(weight)},
        "scale": jnp.asarray(rng.normal(size=5), jnp.bfloat16),
    }
    opt_state = optax.adamw(1e-3).init(params)
    return State(jnp.int32(7), params, opt_state)


def _bits(tree) -> list[bytes]:
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


def _with_step(state: State, step: int) -> State:
    return state.replace(step=jnp.int32(step))


def _fill(directory: str, state: State, steps, keep: int = 3) -> None:
    with Checkpoints(directory, keep) as checkpoints:
        for step in steps:
            assert checkpoints.save(step, _with_step(state, step), {"best": step / 3})


def _restore(directory: str, state: State):
    with Checkpoints(directory, 3) as checkpoints:
        return checkpoints.restore(checkpoint.abstract(state))


def _steps(directory) -> list[str]:
    return sorted(os.listdir(directory))


def test_restores_newest_bit_for_bit(tmp_path, state):
    info = {"best": 0.1 + 0.2, "worst": float("inf"), "num_bad": 3, "name": "prior"}
    with Checkpoints(str(tmp_path), 2) as checkpoints:
        assert checkpoints.restore(checkpoint.abstract(state)) is None
        assert checkpoints.save(0, _with_step(state, 0), {})
        assert checkpoints.save(9, state, info)
        # Reads what is under way, too.
        step, restored, back = checkpoints.restore(checkpoint.abstract(state))
    assert (step, back) == (9, info)
    assert _bits(restored) == _bits(state)
    assert jax.tree.structure(restored) == jax.tree.structure(state)
    assert [a.dtype for a in jax.tree.leaves(restored)] == [
        a.dtype for a in jax.tree.leaves(state)
    ]


def test_arrays_may_be_donated_after_save(tmp_path):
    ones = {"w": jnp.ones((512, 512))}
    spoil = jax.jit(lambda tree: {"w": tree["w"] * 2}, donate_argnums=0)
    wanted = checkpoint.abstract(ones)
    with Checkpoints(str(tmp_path), 20) as checkpoints:
        tree = ones
        for step in range(10):
            checkpoints.save(step, tree, {})
            tree = jax.block_until_ready(spoil(tree))
    for step in reversed(range(10)):
        with Checkpoints(str(tmp_path), 20) as checkpoints:
            found, restored, _ = checkpoints.restore(wanted)
        assert found == step
        np.testing.assert_array_equal(restored["w"], np.full((512, 512), 2.0**step))
        shutil.rmtree(tmp_path / str(step))


def test_one_device_to_eight_and_back(tmp_path, state):
    mesh = jax.make_mesh((8,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    replicated = NamedSharding(mesh, PartitionSpec())
    _fill(str(tmp_path), state, [1])
    on_eight = jax.device_put(state, replicated)
    _, restored, _ = _restore(str(tmp_path), on_eight)
    assert all(leaf.sharding == replicated for leaf in jax.tree.leaves(restored))
    assert _bits(restored) == _bits(_with_step(state, 1))
    _fill(str(tmp_path), on_eight, [2])
    _, restored, _ = _restore(str(tmp_path), state)
    assert all(len(leaf.devices()) == 1 for leaf in jax.tree.leaves(restored))
    assert _bits(restored) == _bits(_with_step(state, 2))


def test_keeps_the_newest(tmp_path, state):
    _fill(str(tmp_path), state, [1, 5, 20, 100], keep=2)
    assert _steps(tmp_path) == ["100", "20"]
    with pytest.raises(ValueError, match="keep is 0"):
        Checkpoints(str(tmp_path), 0)


def test_a_step_is_saved_once(tmp_path, state):
    with Checkpoints(str(tmp_path), 2) as checkpoints:
        assert checkpoints.save(3, state, {"best": 1.0})
        assert not checkpoints.save(3, state, {"best": 2.0})
    assert _restore(str(tmp_path), state)[2] == {"best": 1.0}


def test_any_damaged_file_falls_back_and_never_lies(tmp_path, state, caplog):
    gold = tmp_path / "gold"
    _fill(str(gold), state, [1, 2])
    files = [path.relative_to(gold) for path in (gold / "2").rglob("*")]
    files = [path for path in files if (gold / path).is_file()]
    assert len(files) >= 6
    outcomes = set()
    for number, path in enumerate(files):
        for size in (None, 0.5):
            copy = tmp_path / f"{number}-{size}"
            shutil.copytree(gold, copy)
            if size is None:
                (copy / path).unlink()
            else:
                os.truncate(copy / path, int(size * os.path.getsize(copy / path)))
            caplog.clear()
            step, restored, info = _restore(str(copy), state)
            assert _bits(restored) == _bits(_with_step(state, step)), path
            assert info == {"best": step / 3}, path
            warned = f"{copy}/2 cannot be read" in caplog.text
            assert warned == (step == 1), path
            outcomes.add(step)
    assert outcomes == {1, 2}  # Some files carry nothing that we need.


def test_damage_does_not_block_the_same_step(tmp_path, state):
    _fill(str(tmp_path), state, [1, 2])
    shutil.rmtree(tmp_path / "2" / "state")
    with Checkpoints(str(tmp_path), 2) as checkpoints:
        assert checkpoints.restore(checkpoint.abstract(state))[0] == 1
        assert _steps(tmp_path) == ["1", "2"]  # Looking changes nothing.
        assert checkpoints.save(2, _with_step(state, 2), {"best": 0.5})
        checkpoints.wait()
        assert _steps(tmp_path) == ["1", "2"]
    assert _restore(str(tmp_path), state)[::2] == (2, {"best": 0.5})


def test_damage_is_kept_until_a_save_is_complete(tmp_path, state, monkeypatch):
    _fill(str(tmp_path), state, [1, 2])
    shutil.rmtree(tmp_path / "2" / "state")
    checkpoints = Checkpoints(str(tmp_path), 2)
    checkpoints.restore(checkpoint.abstract(state))
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints._checkpointer, "save_async", _no_space)
        with pytest.raises(OSError, match="No space left"):
            checkpoints.save(2, state, {})
    checkpoints.close()
    assert _steps(tmp_path) == ["1", "2.broken"]
    assert _restore(str(tmp_path), state)[0] == 1


def _no_space(*_, **__):
    raise OSError(28, "No space left on device")


def test_nothing_readable_is_an_error(tmp_path, state):
    _fill(str(tmp_path), state, [1, 2])
    for step in "12":
        shutil.rmtree(tmp_path / step / "state")
    with pytest.raises(ValueError, match=r"None of the checkpoints(.|\n)*step 1"):
        _restore(str(tmp_path), state)
    assert _steps(tmp_path) == ["1", "2"]


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (jnp.ones((64, 33)), r"'kernel'\]: float32\[64, 32\] there, float32\[64, 33\]"),
        (jnp.ones((64, 32), jnp.bfloat16), r"float32\[64, 32\] there, bfloat16\[64"),
        (None, r"'kernel'\]: float32\[64, 32\] there, absent now"),
    ],
)
def test_other_leaves_are_an_error(tmp_path, state, kernel, said):
    _fill(str(tmp_path), state, [1, 2])
    other = state.replace(params={**state.params, "dense": {"kernel": kernel}})
    with pytest.raises(ValueError, match=said):
        _restore(str(tmp_path), other)
    with pytest.raises(ValueError, match=r"absent there, float32\[3\] now"):
        _restore(str(tmp_path), state.replace(params={"new": jnp.ones(3)}))


def test_leftovers_of_a_killed_save_are_ignored(tmp_path, state):
    _fill(str(tmp_path), state, [1])
    leftover = tmp_path / "2.orbax-checkpoint-tmp"
    shutil.copytree(tmp_path / "1", leftover)
    (tmp_path / "3").mkdir()  # A half-deleted one looks like this.
    assert _restore(str(tmp_path), state)[0] == 1
    assert not leftover.exists()
    _fill(str(tmp_path), state, [2])
    assert _restore(str(tmp_path), state)[0] == 2


_SAVE_FOR_EVER = """
import sys
import jax.numpy as jnp
from tsgen_jax.runs.checkpoint import Checkpoints
checkpoints = Checkpoints(sys.argv[1], 2)
for step in range(1, 10**6):
    tree = {"w": jnp.full((300, 1000), step), "v": jnp.full(10, step)}
    checkpoints.save(step, tree, {"step": step})
    print(step, flush=True)
"""


def test_kill_while_saving(tmp_path):
    command = [sys.executable, "-c", _SAVE_FOR_EVER, str(tmp_path)]
    one = {"w": jnp.full((300, 1000), 1), "v": jnp.full(10, 1)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    while int(process.stdout.readline()) < 4:
        pass
    time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    shown = [int(line) for line in process.communicate()[0].split()]
    step, tree, info = _restore(str(tmp_path), one)
    assert step >= max([4, *shown]) - 1  # A save waits for the one before it.
    assert info == {"step": step}
    assert _bits(tree) == _bits(jax.tree.map(lambda leaf: leaf * step, one))
    assert set(_steps(tmp_path)) <= {str(step - n) for n in range(4)}


def test_full_disk_is_said_and_loses_nothing(tmp_path, state):
    big = {"w": jax.random.normal(jax.random.key(0), (300, 300))}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Checkpoints(str(tmp_path), 1) as checkpoints:
        checkpoints.save(1, big, {})
        checkpoints.wait()
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            checkpoints.save(2, big, {})
            with pytest.raises(
                OSError, match=f"step 2 in {tmp_path}: .*File too large"
            ):
                checkpoints.wait()
            checkpoints.save(3, big, {})
            with pytest.raises(OSError, match="step 3 .*Check the free space"):
                checkpoints.save(4, big, {})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert checkpoints.restore(checkpoint.abstract(big))[0] == 1
        assert checkpoints.save(3, big, {})
    assert _restore(str(tmp_path), big)[0] == 3
    assert _steps(tmp_path) == ["3"]


def test_a_directory_that_cannot_be(tmp_path, state):
    (tmp_path / "file").touch()
    with pytest.raises(
        OSError, match=f"Cannot open the checkpoints in {tmp_path}/file"
    ):
        Checkpoints(str(tmp_path / "file" / "x"), 2)
    start = time.monotonic()
    with pytest.raises(OSError, match=f"Cannot save the weights in {tmp_path}/file"):
        checkpoint.save_weights(str(tmp_path / "file" / "x"), state.params)
    # Orbax's background threads would wait minutes for the directory.
    with Checkpoints(str(tmp_path / "ok"), 2) as checkpoints:
        (tmp_path / "ok").rmdir()
        (tmp_path / "ok").touch()
        with pytest.raises(OSError, match="Cannot save the checkpoint of step 1"):
            checkpoints.save(1, state, {})
    assert time.monotonic() - start < 20


def test_what_is_no_state_is_refused(tmp_path, state):
    _fill(str(tmp_path), state, [0])
    with Checkpoints(str(tmp_path), 2) as checkpoints:
        with pytest.raises(ValueError, match=r"\.step is a int; .*jnp\.asarray"):
            checkpoints.save(1, state.replace(step=1), {})
        with pytest.raises(ValueError, match=r"info\['best'\] is a ArrayImpl"):
            checkpoints.save(1, state, {"best": jnp.float32(1)})
        with pytest.raises(ValueError, match="has no sharding"):
            checkpoints.restore(jax.eval_shape(lambda: state.params))


def test_device_errors_are_not_damage(tmp_path, state, monkeypatch):
    _fill(str(tmp_path), state, [1])

    def load(*_):
        try:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory")
        except jax.errors.JaxRuntimeError as error:
            raise KeyError("incompatible handler") from error

    monkeypatch.setattr(checkpoint.ocp, "load", load)
    with pytest.raises(KeyError, match="incompatible handler"):
        _restore(str(tmp_path), state)


def test_weights(tmp_path, state):
    directory = str(tmp_path / "weights")
    wanted = checkpoint.abstract(state.params)
    with pytest.raises(ValueError, match=f"no weights in {directory}: .*not trained"):
        checkpoint.load_weights(directory, wanted)
    checkpoint.save_weights(directory, jax.tree.map(jnp.zeros_like, state.params))
    checkpoint.save_weights(directory, state.params)
    assert _steps(tmp_path) == ["weights"]
    assert _bits(checkpoint.load_weights(directory, wanted)) == _bits(state.params)
    with pytest.raises(ValueError, match="absent now"):
        checkpoint.load_weights(directory, wanted["dense"])
    shutil.rmtree(tmp_path / "weights" / "state")
    with pytest.raises(ValueError, match="cannot be read .*trains the stage again"):
        checkpoint.load_weights(directory, wanted)


def test_weights_overwrite_nothing_else(tmp_path, state):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(ValueError, match="holds no weights"):
        checkpoint.save_weights(str(tmp_path), state.params)
    assert _steps(tmp_path) == ["thesis.txt"]
