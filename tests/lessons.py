"""A stage with data to teach it on, so that tests can take single steps."""

import dataclasses
from typing import Any

import numpy as np

from tests import tiny
from tsgen_jax.nn.quantizers import ema
from tsgen_jax.recipe import Part, Stage
from tsgen_jax.stages import masked_prior, tokenizer
from tsgen_jax.training.progress import Run


@dataclasses.dataclass
class Lesson:
    """`stage`, whose attributes are reached through this; rows, and what it needs."""

    stage: Stage
    rows: dict[str, np.ndarray]
    valid: dict[str, np.ndarray] | None = None
    given: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __getattr__(self, name):
        return getattr(self.stage, name)

    def init(self, key, batch):
        return self.stage.init(key, batch, self.given)

    def run(self, key, workdir="", name=""):
        return Run(self.stage, self.rows, self.valid, self.given, key, workdir, name)


def of_tokenizer(config, x, x_valid, observed=None, observed_valid=None) -> Lesson:
    """Stage 1 on scaled series [n, L, C]."""
    stage = tokenizer.make_stage(config, tokenizer.make_model(config, *x.shape[1:]))
    parts = (x, observed), (x_valid, observed_valid)
    rows = [stage.rows(Part(x, None, seen), {}, False) for x, seen in parts]
    return Lesson(stage, *rows)


def of_prior(config, codes, rows, valid, num_classes) -> Lesson:
    """Stage 2 on tokens int [n, N] of `codes` [K, D]."""
    shown = rows["tokens"] if "tokens" in rows else rows["token_logits"]
    first = tokenizer.make_model(config, 24, 1)
    model = masked_prior.make_model(config, shown.shape[1], num_classes)
    codebook = ema.Codebook(np.zeros(len(codes), "float32"), codes)
    given = {"tokenizer": {"codebook": codebook}}
    stage = masked_prior.make_stage(config, model, first)
    return Lesson(stage, rows, valid, given)


def tiny_tokenizer(method="vibcreg", **changes) -> Lesson:
    """Stage 1 of the tiny config and data."""
    config = tiny.make_config(method, **changes)
    return of_tokenizer(config, *tiny.scaled(tiny.make_dataset()))
