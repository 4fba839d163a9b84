"""A trained model written to one file, see `shared_file`."""

import logging
import os

from tsgen_jax.api import model_card, sampler_program
from tsgen_jax.api.model import Model
from tsgen_jax.recipe import Traceable, can
from tsgen_jax.runs import model_file

_LOG = logging.getLogger(__name__)


def export(model: Model, path: str, with_sampler: bool = True) -> None:
    """Writes what `tsgen_jax.load` opens on another machine.

    Args:
        model: from `load` or `fit`.
        path: of the file; replaced if it is there.
        with_sampler: whether the sampler that needs jax alone goes with it; left out,
            and said, where the generator has no such program.

    Raises:
        ValueError: the sampler cannot be made.
        OSError: the file cannot be written.
    """
    if with_sampler and not can(model.generator, Traceable):
        with_sampler = False
        _LOG.info(
            "%s: without a sampler of jax alone, which %s does not have.",
            path,
            model.config.generator,
        )
    if with_sampler:
        sampler_program.check()
        sampler_program.check_rules(model.rules)
    arrays = model_file.flatten(dict(model.generator.weights))
    blobs = {name: model_file.to_npy(array) for name, array in arrays.items()}
    if with_sampler:
        program = sampler_program.make_sampler(model.generator, model.rules).serialize()
        blobs["sampler.jaxexport"] = bytes(program)
    texts = {
        "config.json": model.config.to_dict(),
        "facts.json": model.facts.to_json(),
        "metrics.json": model.metrics,
        "README.md": model_card.write_card(model),
    }
    model_file.write(os.fspath(path), texts, blobs)
