"""Generators that draw time point after time point: they complete and rate series."""

import dataclasses

import jax
import numpy as np

from tsgen_jax.evaluation.measures import density
from tsgen_jax.generators.batched import check_label
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.shown import Showing
from tsgen_jax.types import Array


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Completing(Drawn):
    """Draws series and completes given ones; `Inpaints`, `Traceable`.

    Attributes:
        complete: jitted, of the recipe: (key, weights, x, observed, label, num) -> x,
            as `particles.complete`.
        num_particles: of a series with values observed after missing ones.
    """

    complete: jax.stages.Wrapped
    num_particles: int

    def inpaint(
        self, key: Array, x: Array, observed: Array, label: Array, num: int
    ) -> np.ndarray:
        """Draws what is missing: a forecast exactly, other gaps by particles."""

        def draw(key, x, observed, label):
            # Nothing comes after a gap: every draw is as good as any other.
            ends = not (observed[:, 1:] & ~observed[:, :-1]).any()
            count = 1 if ends else self.num_particles
            return self.complete(key, self.weights, x, observed, label, num=count)

        return self.batched.inpaint(key, x, observed, label, num, draw)

    def outpainting(self) -> "Completing":
        """The same: what it drew counts as what was given."""
        return self


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class FreeRunning(Completing):
    """Draws, rates and completes series; `Rates`, `Inpaints`, `Traceable`.

    Attributes:
        log_prob: jitted, of the recipe: (weights, {'x', 'label', 'observed'}) ->
            log p of every time point of scaled series, [B, L].
    """

    log_prob: jax.stages.Wrapped
    rates = "scaled series, exactly: the sum over time of log p(x_t | before, class)"

    def log_likelihood(
        self, key: Array, x: Array, label: Array, num_draws: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """log p of scaled series, nats float64 [n], and errors of 0."""
        del key, num_draws
        value = self._rate(x, label)[1]
        return value, np.zeros(len(value))

    def log_density(
        self, key: Array, x: Array, label: Array, num_draws: int = 1
    ) -> np.ndarray:
        """log p of series in original units, nats float64 [n]."""
        del key, num_draws
        scaled, value = self._rate(x, label)
        return value + density.log_slopes(self.info.scaler, x, scaled)

    def _rate(self, x, label):
        """Scaled series, and log p of them; where a series ends is not rated."""
        scaled = self.info.scaler.transform(x)
        seen = np.isfinite(x)
        extra = scaled.shape[-1] - seen.shape[-1]
        rows = {
            "x": scaled,
            "label": check_label(label, self.info.num_classes),
            "observed": np.pad(seen, ((0, 0), (0, 0), (0, extra))),
        }
        each = self.batched.map(
            lambda _, batch: self.log_prob(self.weights, batch), rows, "log-likelihood"
        )
        return scaled, each.astype(np.float64).sum(1)


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Convolving(FreeRunning, Showing):
    """One with a first convolution to show; `Shows` besides."""
