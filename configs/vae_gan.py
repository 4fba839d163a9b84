"""VAE/GAN by class: an autoencoder that is judged by what a critic sees.

Paper: Larsen et al. 2016, https://arxiv.org/abs/1512.09300.
Command: python main.py --config=configs/vae_gan.py
Expected: 6 minutes of training on one shared CPU core (SyntheticControl). MiniRocket FID
to TEST, one seed: SyntheticControl 0.72, where a Gaussian by class has 0.80; recall and
coverage 0.92; 0.68 of its series are closer to TRAIN than to TEST (of real ones 0.47).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def get_config() -> ConfigDict:
    """Values of the VAE/GAN."""
    config = _common.make_config()
    config.name = config.generator = "vae_gan"
    config.vae_gan = ConfigDict()
    config.vae_gan.loss = "non_saturating"  # Or 'wgan_gp'.
    config.vae_gan.num_latents = 16  # Normal numbers behind a series.
    config.vae_gan.width = 48  # Of every layer.
    config.vae_gan.taps = 5  # Of every filter; odd.
    config.vae_gan.beta = 1.0  # Of the KL term, for the encoder.
    # Of reconstructions' looking as series do, for the generator, beside the game.
    config.vae_gan.similarity_weight = 0.01
    config.vae_gan.penalty_weight = 1.0  # Of the penalty on the critic's slope.
    config.vae_gan.label_drop_rate = 0.1  # Series trained without their class.
    config.train.vae_gan = _common.make_game_train(2000, 32, rate=5e-4)
    return config.lock()
