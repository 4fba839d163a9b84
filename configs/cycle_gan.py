"""CycleGAN: training series of one class, translated into another.

Paper: Zhu et al. 2017, https://arxiv.org/abs/1703.10593.
Command: python main.py --config=configs/cycle_gan.py
Time and scores on real sets have not been measured yet.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def get_config() -> ConfigDict:
    """Values of the CycleGAN."""
    config = _common.make_config()
    config.name = config.generator = "cycle_gan"
    config.cycle_gan = ConfigDict()
    config.cycle_gan.width = 48  # Of every layer.
    config.cycle_gan.taps = 5  # Of every filter; odd.
    # Of a series' coming back as it was, and of its staying in its own class as it is;
    # 10 and 5 in the paper, with series as near as photographs and paintings are.
    config.cycle_gan.cycle_weight = 10.0
    config.cycle_gan.identity_weight = 5.0
    config.cycle_gan.penalty_weight = 1.0  # Of the penalty on the critic's slope.
    config.train.cycle_gan = _common.make_game_train(2000, 32, rate=5e-4)
    return config.lock()
