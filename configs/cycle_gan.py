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
    train = _common.make_train(num_steps=2000, batch_size=32)
    train.learning_rate = 5e-4  # The translator's.
    train.critic_learning_rate = 5e-4
    train.critic_steps = 1  # Of the critic for each of the translator.
    train.betas = (0.0, 0.9)  # Of Adam, both networks.
    train.weight_decay, train.clip_norm = 0.0, 0.0
    train.ema_decay, train.select = 0.99, "last"
    train.log_every, train.eval_every, train.checkpoint_every = 50, 500, 1000
    config.train.cycle_gan = train
    return config.lock()
