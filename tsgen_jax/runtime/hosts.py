"""Several processes, of one host or of many, that train one run.

All compute, the first one writes: it holds the run directory's lock, and what others
have to read is on disk before `barrier` lets them go on. The directory has to be on a
file system that all hosts share. With one process, which is the rule, nothing here does
anything.
"""

import contextlib
import functools
import os
import tempfile
from collections.abc import Iterator

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Sharding

from tsgen_jax.types import Array, PyTree

LostError = jax.errors.JaxRuntimeError  # What waiting for a process that died raises.


def start(coordinator: str = "", num_processes: int = 0, process_id: int = -1) -> None:
    """Joins the others; before any array is made.

    Args:
        coordinator: HOST:PORT of the first process; "": what TPU pods, Slurm and
            Open MPI say of themselves.
        num_processes: of all hosts.
        process_id: of this one, from 0.

    Raises:
        ValueError: nothing says who the others are.
    """
    # XLA's own collectives do not leave a process on the CPU.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    try:
        if coordinator:
            jax.distributed.initialize(coordinator, num_processes, process_id)
        else:
            jax.distributed.initialize()
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"The processes of this run did not find each other ({error}). Outside of "
            "TPU pods, Slurm and Open MPI give --coordinator=HOST:PORT "
            "--num_processes=N --process_id=I."
        ) from error


def stop() -> None:
    """Leaves the others, once all are there."""
    barrier("end")
    jax.distributed.shutdown()


def several() -> bool:
    """Whether there are other processes."""
    return jax.process_count() > 1


def is_first() -> bool:
    """Whether this is the process that writes."""
    return jax.process_index() == 0


def barrier(name: str) -> None:
    """Returns when all processes are there."""
    if several():
        multihost_utils.sync_global_devices(name)


def any_of(flag: bool) -> bool:
    """Whether it is true in any process; all have to ask."""
    if not several():
        return flag
    return bool(multihost_utils.process_allgather(np.array(flag)).any())


def local_device() -> jax.Device:
    """The first device of this process."""
    return jax.local_devices()[0]


def local(tree: PyTree) -> PyTree:
    """This process's copy of arrays that every device holds whole."""
    if not several():
        return tree

    def one(value: Array) -> Array:
        elsewhere = isinstance(value, jax.Array) and not value.is_fully_addressable
        return value.addressable_data(0) if elsewhere else value

    return jax.tree.map(one, tree)


def put(tree: PyTree, place: Sharding) -> PyTree:
    """`jax.device_put` of equal values of all processes, also to others' devices."""
    if not several():
        return jax.device_put(tree, place)
    return jax.tree.map(functools.partial(_put, place=place), tree)


def _put(value: Array, place: Sharding) -> jax.Array:
    if isinstance(value, jax.Array) and not value.is_fully_addressable:
        return jax.device_put(value, place)
    if not isinstance(value, jax.Array) or not jax.dtypes.issubdtype(
        value.dtype, jax.dtypes.prng_key
    ):
        return jax.device_put(np.asarray(value), place)
    wrap = functools.partial(
        jax.random.wrap_key_data, impl=str(jax.random.key_impl(value))
    )
    data = np.asarray(jax.random.key_data(value))
    return jax.jit(wrap, out_shardings=place)(data)


@contextlib.contextmanager
def own_directory(workdir: str) -> Iterator[str]:
    """`workdir` for the first process; for others one that is thrown away."""
    if is_first():
        yield workdir
        return
    with tempfile.TemporaryDirectory(prefix="tsgen-") as directory:
        os.makedirs(directory, exist_ok=True)
        yield directory
