"""Training of a network that is used once and not kept."""

import logging
import tempfile

import jax
from ml_collections import ConfigDict

from tsgen_jax.recipe import Stage
from tsgen_jax.runtime import sharding
from tsgen_jax.training import loop
from tsgen_jax.training import settings as stage_settings
from tsgen_jax.types import Array, Batch, PyTree

_LOG = logging.getLogger(__name__)


def fit_once(
    stage: Stage, rows: Batch, settings: ConfigDict, key: Array, why: str
) -> PyTree:
    """Weights of `stage` after training; its directory is thrown away.

    Args:
        stage: of a judge.
        rows: to train on.
        settings: `config.train[stage.name]`; a batch larger than the data shrinks.
        key: decides the first weights, the batches and all noise.
        why: what the network is for, one sentence for the log.

    Raises:
        FloatingPointError, InterruptedRunError: as `loop.fit`.
    """
    _LOG.info("%s", why)
    num_series = len(jax.tree.leaves(rows)[0])
    settings = stage_settings.fitted(settings, stage.name, num_series)
    mesh = sharding.make_mesh(settings.batch_size, 0)
    with tempfile.TemporaryDirectory(prefix="tsgen-") as workdir:
        weights, _ = loop.fit(
            stage, rows, settings, key=key, mesh=mesh, workdir=workdir
        )
    return jax.device_put(weights, jax.devices()[0])
