"""The section of what a generator with attention looks at while it forecasts."""

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.recipe import Generator
from tsgen_jax.reports import page, sample_report
from tsgen_jax.reports.figures import attention as figures

_SERIES = 3


def section(
    config: ConfigDict, dataset: Dataset, generator: Generator
) -> sample_report.Named:
    """The last quarter of TEST series drawn, and the weights meanwhile."""
    x = np.asarray(hold_ends(dataset.x_test[:_SERIES]))
    observed = np.ones(x.shape, bool)
    observed[:, x.shape[1] * 3 // 4 :] = False
    label = np.asarray(dataset.y_test[:_SERIES])
    drawn, weights = generator.attention(
        jax.random.key(config.seed), x, observed, label
    )
    return (
        "attention",
        page.drawn(
            "Attention",
            "What the decoder looks at while it goes on with series of TEST, whose last "
            "quarter is drawn.",
            figures.plot_attention,
            (drawn, observed, weights, generator.patch),
        ),
    )
