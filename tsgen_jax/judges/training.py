"""Training of a network that is used once and not kept."""

import copy
import tempfile

import jax
from ml_collections import ConfigDict

from tsgen_jax import sharding, train
from tsgen_jax.types import Array, PyTree, Task


def settings_for(settings: ConfigDict, num_series: int) -> ConfigDict:
    """`settings` with a batch that `num_series` can fill."""
    settings = copy.deepcopy(settings)
    settings.batch_size = min(settings.batch_size, num_series)
    return settings


def fit_once(task: Task, settings: ConfigDict, key: Array) -> PyTree:
    """Weights of `task` after training; its directory is thrown away.

    Args:
        task: without a validation part.
        settings: `config.train[task.name]`; a batch larger than the data shrinks.
        key: decides the first weights, the batches and all noise.

    Raises:
        FloatingPointError, InterruptedRunError: as `train.fit`.
    """
    num_series = len(jax.tree.leaves(task.train_data)[0])
    settings = settings_for(settings, num_series)
    mesh = sharding.make_mesh(settings.batch_size, 0)
    with tempfile.TemporaryDirectory(prefix="tsgen-") as workdir:
        weights, _ = train.fit(task, settings, key=key, mesh=mesh, workdir=workdir)
    return jax.device_put(weights, jax.devices()[0])
