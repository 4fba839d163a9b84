"""Normalizing flow with exact densities: neural spline couplings on whitened series.

Paper: https://arxiv.org/abs/1906.04032; others by flow.kind.
Command: python main.py --config=configs/flow.py
Expected: 17 to 28 s of training on 2 CPU cores. MiniRocket FID to TEST, one seed: GunPoint
2.46, ECG5000 0.32, SyntheticControl 0.70, CBF 0.70; a Gaussian by class 3.66, 0.48, 0.80,
1.05 (experiments/results/generators.jsonl). It rates held-out series low where TRAIN has
few: a larger flow.shrinkage rates them higher.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def get_config() -> ConfigDict:
    """RealNVP, splines, MAF, IAF, NAF or sums of squares: `config.flow.kind`."""
    config = _common.make_config()
    config.name = "flow"
    config.generator = "flow"
    config.flow = ConfigDict()
    # 'real_nvp', 'spline', 'maf', 'iaf' (its training solves for one number after the
    # other, and is slow), 'naf' (neural autoregressive) or 'sum_of_squares'.
    config.flow.kind = "spline"
    # Directions of most variance that the blocks transform; others are normal, with
    # the mean and covariance of their class. 0: all.
    config.flow.num_modes = 8
    config.flow.num_blocks = 4
    config.flow.hidden = 128  # Width of the networks in the blocks.
    config.flow.num_layers = 2  # Of these.
    config.flow.embed_width = 16  # Of the class.
    config.flow.num_bins = 8  # Of a spline.
    config.flow.bound = 4.0  # A spline is the identity beyond ±bound deviations.
    config.flow.num_squares = 2  # Polynomials in a sum of squares.
    config.flow.degree = 2  # Of these.
    config.flow.num_units = 8  # Sigmoids of a neural autoregressive flow.
    # Deviation of the noise that training adds to whitened series, which are scaled by
    # sqrt(1 - noise^2): their covariance stays. More is smoother, and fewer copies.
    config.flow.noise = 0.2
    # Of the covariance: weight of one that is diagonal in the cosine transform, and
    # series that the covariance of all classes counts as in that of a class.
    config.flow.shrinkage = 0.03
    config.flow.class_weight = 5.0
    # True for series of whole numbers: learns x + U[0, 1), rates by a lower bound and
    # generates whole numbers.
    config.flow.dequantise = False
    config.train.flow = _common.make_train(num_steps=1600, batch_size=64)
    config.train.flow.weight_decay = 1e-2
    config.train.flow.ema_decay = 0.99
    config.train.flow.log_every = 50
    config.train.flow.eval_every = 100
    config.train.flow.select = "last"
    return config.lock()
