"""What a model shows of itself and writes: pictures, scores, tables, a file."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from tsgen_jax.api import arguments
from tsgen_jax.api.coding import Coding
from tsgen_jax.api.trained import Label
from tsgen_jax.data import frames
from tsgen_jax.runtime import installation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from tsgen_jax.api.judging import Judged

_JUDGED = {  # What `evaluate` asks for, in place of the config of the run.
    "evaluation.scores": "fidelity+statistics",
    "evaluation.judges": "minirocket",
}


class Shown(Coding):
    """Methods that generate first and then show."""

    def plot(
        self,
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        num: int = 60,
        seed: int = 0,
        layout: str = "nlc",
    ) -> Figure:
        """Draws generated series by class, beside real ones if they are given.

        Args:
            x: real series of L time points, for the left column.
            y: names of their classes; None: all series in one row.
            num: series to generate, in the class shares of training.
            seed: of the draw.
            layout: of `x`.

        Returns:
            A matplotlib figure: `model.plot().savefig("series.png")`.

        Raises:
            ValueError: series or classes that are not the model's.
        """
        from tsgen_jax.reports.figures import series as figures

        drawn = self.sample(num, seed=seed)
        index = self.label_indices(num)
        index = np.where(index == len(self.classes), -1, index)
        drawn = _held(drawn)
        if x is None:
            return figures.plot_generated(drawn, index, self.classes)
        x = _held(self._shaped(x, layout, "x"))
        if y is None:
            index, real = np.full(num, -1), np.zeros(len(x), int)
        else:
            real = arguments.as_label(y, len(x), self.classes)
        return figures.plot_real_and_generated(x, real, drawn, index, self.classes)

    def evaluate(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        *,
        scores: str = _JUDGED["evaluation.scores"],
        judges: str = _JUDGED["evaluation.judges"],
        num: int | None = None,
        seed: int = 0,
        layout: str = "nlc",
    ) -> Judged:
        """Judges generated series by real ones that training did not see.

        A random half of the real series takes the place of TEST; the other half is the
        floor, called 'TRAIN': what other real series score in place of the samples.

        Args:
            x: held-out series of L time points, 8 or more.
            y: names of their classes; None: not known, and 'usefulness' is left out.
            scores: groups joined by '+': fidelity, usefulness, statistics, post_hoc.
            judges: of fidelity and usefulness: minirocket, fcn, ts2vec.
            num: series to generate; None: as many as `x`.
            seed: of the halves and of the samples.
            layout: of `x`.

        Returns:
            Scores with intervals and floors: `print` shows a table, `.metrics()` is a
            dict, `.to_frame()` a pandas table.

        Raises:
            ValueError: too few series, or groups and judges that are not known.
        """
        with installation.in_words("Model.evaluate"):
            from tsgen_jax.api import judging

            asked = {"evaluation.scores": scores, "evaluation.judges": judges}
            x = self._shaped(x, layout, "x")
            with tempfile.TemporaryDirectory(prefix="tsgen-") as workdir:
                return judging.judge(self, x, y, asked, num or len(x), seed, workdir)

    def save(self, path: str, with_sampler: bool = False) -> None:
        """Writes the model to one file that `tsgen_jax.load` opens; see `export`."""
        from tsgen_jax.api.export import export

        export(self, path, with_sampler)

    def to_frame(
        self, x: ArrayLike, label: Label = None, start: int = 0, layout: str = "nlc"
    ) -> pd.DataFrame:
        """Series as a pandas table with a row for each series and time point.

        Args:
            x: series of any length, such as `sample` gives.
            label: names of their classes for a column 'label'; None: no such column.
            start: number of the first time point.
            layout: of `x`.

        Returns:
            Columns of series, of times where the training file has them, of channels
            and of labels, under the names of the training file.
        """
        x = arguments.as_series(x, layout, self.num_channels, "x")
        names = None
        if label is not None:
            index = arguments.as_label(label, len(x), self.classes)
            names = np.array(self.classes)[index]
        bounds = self.rules.bounds_of_rounding()
        first = [start] * len(x)
        series = frames.Series(list(x), label=names, first=first, bounds=bounds)
        return frames.make(series, self.facts.described, "long")


def _held(x: np.ndarray) -> np.ndarray:
    """Series with their last value held after the end, as figures need them."""
    from tsgen_jax.data.missing import hold_ends

    return hold_ends(x)
