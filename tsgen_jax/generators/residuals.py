"""What the tokens of a run leave out of series: measured once, kept beside the weights.

See `sampling/residual.py`.
"""

import logging
import os

import jax
import numpy as np

from tsgen_jax.models import vqvae
from tsgen_jax.runs import files
from tsgen_jax.sampling import residual
from tsgen_jax.training import batches
from tsgen_jax.types import Batch

FIELDS = ("std", "autocorrelation", "correlation")
_LOG = logging.getLogger(__name__)
_ANEW = "The run's command, given once more, measures it anew and trains nothing."
_MAX_SERIES = 2000  # Of a part; more make the means no better.
_BATCH_SIZE = 64


def measure(
    tokenizer: vqvae.AutoEncoder, weights: vqvae.Weights, train: Batch, valid: Batch
) -> residual.Residual:
    """The errors of a trained tokenizer on scaled series.

    Args:
        tokenizer: of series [L, C].
        weights: of it.
        train: 'x' float [n, L, C] and, where values are missing, 'observed' bool.
        valid: the same of the validation part; n may be 0.
    """

    @jax.jit
    def errors(batch):
        x = batch["x"]
        tokens = vqvae.tokenize(tokenizer, weights, x)
        return x - vqvae.detokenize(tokenizer, weights, tokens)

    found = []
    for part in (train, valid):
        few = jax.tree.map(_some, part)
        x = few["x"]
        if len(x):
            x = batches.map_batches(errors, {"x": x}, _BATCH_SIZE)
        found.append((x, few.get("observed")))
    (of_train, seen_train), (of_valid, seen_valid) = found
    return residual.fit(of_train, of_valid, seen_train, seen_valid)


def measured(
    workdir: str,
    tokenizer: vqvae.AutoEncoder,
    weights: vqvae.Weights,
    train: Batch,
    valid: Batch,
) -> residual.Residual:
    """What the run has, or else what is measured and kept there; see `measure`."""
    try:
        found = read(workdir)
    except ValueError as error:
        _LOG.warning("%s", error)
        found = None
    if found is None:
        found = measure(tokenizer, weights, train, valid)
        write(workdir, found)
    return found


def write(workdir: str, found: residual.Residual) -> None:
    """Keeps them with the run, whose tokenizer is done."""
    arrays = {name: np.asarray(getattr(found, name)) for name in FIELDS}
    files.write_arrays(_path(workdir), arrays)


def read(workdir: str) -> residual.Residual | None:
    """What the run in `workdir` has; None where nothing was measured.

    Raises:
        ValueError: the file is damaged.
    """
    path = _path(workdir)
    if not os.path.exists(path):
        return None
    stored = files.read_arrays(path, _ANEW)
    try:
        found = residual.Residual(**{name: stored[name] for name in FIELDS})
        if not all(np.isfinite(stored[name]).all() for name in FIELDS):
            raise ValueError("it holds values that are not finite")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}). {_ANEW}") from error
    return found


def warn_of_none(left_out: residual.Residual | None, scale: float, where: str) -> None:
    """Says what a model lacks that adds none of them.

    Args:
        left_out: of the model; None, or without any deviation: not measured.
        scale: config.inpaint.residual_scale; 0 for runs of before there were any,
            whether they were measured since or not.
        where: the model is from.
    """
    if left_out is None or not scale or not np.asarray(left_out.std).any():
        _LOG.warning(
            "%s has no residuals, or adds none (inpaint.residual_scale=0), as models "
            "of older versions: imputations and forecasts will be too sure of "
            "themselves. Train it anew for better ones.",
            where,
        )


def _path(workdir: str) -> str:
    return os.path.join(workdir, "tokenizer", "residual.npz")


def _some(rows: np.ndarray) -> np.ndarray:
    """At most `_MAX_SERIES`, spread evenly."""
    num = min(len(rows), _MAX_SERIES)
    return rows[np.arange(num) * len(rows) // max(num, 1)]
