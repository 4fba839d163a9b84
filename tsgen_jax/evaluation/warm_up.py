"""Compiles aeon's kernels once, where numba keeps them: python -m ...warm_up."""

import numpy as np

from tsgen_jax.evaluation.measures import rocket, statistics


def main() -> None:
    """Asks for MiniRocket features and a DTW distance of nothing in particular."""
    x = np.random.default_rng(0).normal(size=(3, 12, 1))
    rocket.RocketFeatures(84).fit(x, 0).transform(x)
    statistics.dtw_distance(x, x, 2, 0)


if __name__ == "__main__":
    print("Compiling aeon's kernels: about a minute, once per environment.")
    main()
