"""Gaps in series filled, with how sure the model is.

  python examples/fill_gaps.py                    # trains a model: some minutes
  python examples/fill_gaps.py --run=runs/ssl_vqvae-vibcreg-GunPoint

A third of each test series is hidden. The model draws it 20 times: the median is the
guess, the quantiles are the band. A straight line is the guess to beat.
"""

import os

import numpy as np
from example_model import model, parser
from gunpoint import series

from tsgen_jax.evaluation.measures import probabilistic
from tsgen_jax.reports import page
from tsgen_jax.reports.figures import fan_chart


def main():
    """Prints scores and leaves a picture."""
    args = parser(__doc__).parse_args()
    x, _ = series("TEST")
    x = x[:20]
    gaps = x.copy()
    start, end = 50, 95
    gaps[:, start:end] = np.nan  # This is all that it takes to mark a gap.

    generator = model(args, *series("TRAIN"), "GunPoint")
    draws = generator.impute(gaps, num=20, seed=0)
    missing = np.isnan(gaps)
    np.testing.assert_array_equal(draws[0][~missing], x[~missing])  # Kept exactly.

    weight = np.arange(1, end - start + 1)[None, :, None] / (end - start + 1)
    line = x.copy()
    line[:, start:end] = (1 - weight) * x[:, [start - 1]] + weight * x[:, [end]]
    ours = probabilistic.scores(draws, x, missing)
    straight = probabilistic.scores(line[None], x, missing)
    print(f"mean absolute error: {ours['mae']:.3f}, of a line {straight['mae']:.3f}")
    print(f"CRPS: {ours['crps']:.3f}, of a line {straight['crps']:.3f}")
    print(f"share of values in the 90 % band: {ours['coverage_90']:.2f}")
    path = os.path.join(args.out, "fill_gaps.png")
    figure = fan_chart.plot_fan_chart(
        x[:4, :, 0],
        ~missing[:4, :, 0],
        draws[:, :4, :, 0],
        line[:4, :, 0],
        "straight line",
        "Gaps filled by the model",
    )
    page.save_figure(figure, path)
    print(f"picture: {path}")


if __name__ == "__main__":
    main()
