"""A convolutional GAN by class: WGAN-GP, or the non-saturating game; InfoGAN.

Papers: https://arxiv.org/abs/1704.00028 (WGAN-GP), https://arxiv.org/abs/1406.2661 and
https://arxiv.org/abs/1801.04406 (non-saturating, R1), https://arxiv.org/abs/1606.03657
(InfoGAN).
Command: python main.py --config=configs/gan.py
or --config=configs/gan.py:non_saturating, --config=configs/gan.py:info
Time and scores on real sets have not been measured yet.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def get_config(arg: str = "") -> ConfigDict:
    """Values of the GAN.

    Args:
        arg: 'wgan_gp' (the default), 'non_saturating', or 'info' for WGAN-GP with the
            codes of an InfoGAN.
    """
    known = ("", "wgan_gp", "non_saturating", "info")
    if arg not in known:
        raise ValueError(f"configs/gan.py takes {', '.join(known[1:])}, got {arg!r}.")
    config = _common.make_config()
    config.name = config.generator = "gan"
    config.gan = ConfigDict()
    config.gan.loss = "wgan_gp"  # Or 'non_saturating', with train.gan.critic_steps=1.
    config.gan.num_latents = 32  # Normal numbers behind a series.
    config.gan.width = 64  # Of every layer.
    config.gan.taps = 5  # Of every filter; odd.
    # Of the penalty on the critic's slope: to 1 between series (wgan_gp), or to 0 at
    # training series (non_saturating).
    config.gan.penalty_weight = 10.0
    config.gan.label_drop_rate = 0.1  # Series trained without their class.
    # Of an InfoGAN: categories of a code, and codes in [-1, 1], which the critic has to
    # find in the series; 0: none.
    config.gan.num_categories = 0
    config.gan.num_numbers = 0
    config.gan.code_weight = 1.0  # Of finding them, in both networks' losses.
    train = _common.make_game_train(3000, 32, rate=1e-3, critic_steps=5)
    config.train.gan = train
    if arg == "non_saturating":
        config.gan.loss, config.gan.penalty_weight = arg, 1.0
        train.critic_steps = 1
    if arg == "info":
        config.gan.num_categories, config.gan.num_numbers = 4, 2
    return config.lock()
