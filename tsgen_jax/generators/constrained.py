"""Any generator, so that what it generates satisfies rules: `Constrained`."""

import dataclasses
import logging

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.constraints import outcome, redraw, rules, satisfy
from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.recipe import Generator
from tsgen_jax.types import Array

_LOG = logging.getLogger(__name__)
_REDRAW = 2**32 - 3  # No batch has this number; noise and `model` use those above.


@dataclasses.dataclass(frozen=True, eq=False)
class Constrained:
    """Draws series in original units that satisfy `rules`.

    Violating series are drawn again with other keys, see `redraw`; what is left is
    projected. Without rules it is the generator as it is.
    """

    generator: Generator
    rules: rules.Rules

    @property
    def length(self) -> int:
        """Time points L of a window."""
        return self.generator.info.length

    def sample(
        self, key: Array, label: Array
    ) -> tuple[dict[str, np.ndarray], outcome.Outcome | None]:
        """What the generator's `sample` returns, and what the rules changed.

        Without rules the latter is None.
        """
        if not self.rules:
            return self.generator.sample(key, label), None
        label, names = np.asarray(label), []

        def draw(number, rows):
            drawn = self.generator.sample(_key(key, number), label[rows])
            names[:] = ["x", *(name for name in drawn if name != "x")]
            return tuple(drawn[name] for name in names)

        scale = self.generator.info.scaler.transform
        arrays, found = redraw.generate(self.rules, draw, len(label), scale)
        _LOG.info("%s", found)
        return dict(zip(names, arrays, strict=True)), found

    def inpaint(
        self, key: Array, x: Array, observed: Array, label: Array, num: int
    ) -> np.ndarray:
        """As `Inpaints.inpaint`; observed values stay as they are."""
        if not self.rules:
            return self.generator.inpaint(key, x, observed, label, num)
        count = len(label)

        def draw(number, rows):
            if number == 0:
                drawn = self.generator.inpaint(key, x, observed, label, num)
                return (drawn.reshape(-1, *drawn.shape[2:]),)
            of = rows % count
            given = x[of], observed[of], label[of], 1
            return (self.generator.inpaint(_key(key, number), *given)[0],)

        (drawn,), found = redraw.generate(
            self.rules,
            draw,
            num * count,
            self.generator.info.scaler.transform,
            np.tile(observed, (num, 1, 1)),
        )
        _LOG.info("%s", found)
        return drawn.reshape(num, count, *drawn.shape[1:])

    def check_no_sum_over_time(self, what: str) -> None:
        """ValueError where a rule is of whole series, which `what` is not."""
        summed = [each for each in self.rules.sums if each.over_time]
        if summed:
            names = ", ".join(self.rules.channels[s.channels[0]] for s in summed)
            raise ValueError(
                f"constraints.sum_to over time is of whole series of "
                f"{self.length} time points ({names}). {what} has no such "
                "sum: load the model with constraints.sum_to='' for it."
            )

    def warn_of_given(self, x: np.ndarray, observed: np.ndarray) -> None:
        """Says which rules series violate because of values that were given.

        Args:
            x: series with what was drawn, float [n, L, C].
            observed: bool [n, L, C].
        """
        said = satisfy.describe(self.rules, x) if self.rules else ""
        if said:
            _LOG.warning(
                "constraints: %d given values stay as they are, and because of them "
                "not all series satisfy everything. %s.",
                observed.sum(),
                said,
            )


def make_rules(config: ConfigDict, dataset: Dataset) -> rules.Rules:
    """The rules of `config.constraints` for a data set; errors as of `rules.make`."""
    return rules.make(config.constraints, DataInfo.of(dataset))


def warn_of_train(config: ConfigDict, dataset: Dataset) -> None:
    """Says which rules of `config.constraints` the series to learn from violate."""
    asked = rules.make(config, DataInfo.of(dataset))
    x = dataset.x_train
    if dataset.observed_train is not None:
        x = np.where(dataset.observed_train, x, np.float32(np.nan))
    said = satisfy.describe(asked, x) if asked else ""
    if said:
        _LOG.warning(
            "constraints: TRAIN itself does not satisfy them. %s. Generated series do, "
            "and are as far from TRAIN there.",
            said,
        )


def _key(key: Array, number: int) -> jax.Array:
    """The key of a draw; the first is that of a generator without rules."""
    if number == 0:
        return key
    return jax.random.fold_in(jax.random.fold_in(key, _REDRAW), number)
