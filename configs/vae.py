"""TimeVAE, conditional on the class: latents to level, trend, seasons and the rest.

Paper: https://arxiv.org/abs/2111.08095.
Command: python main.py --config=configs/vae.py
Expected: about 90 s of training on 2 CPU cores. MiniRocket FID to TEST, one seed: GunPoint
2.39, ECG5000 0.37, CBF 0.80, SyntheticControl 0.94, where a Gaussian by class has 3.52, 0.48,
0.92 and 0.73. Of settings: latents
of the prior and all of the noise GunPoint 4.67, SyntheticControl 1.52; weights of the least
validation loss in place of the last SyntheticControl 1.22 (and 0.58 of samples closer to
TRAIN than to TEST in place of 0.74: longer training copies more).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def get_config() -> ConfigDict:
    """A VAE of three convolutions either way."""
    config = _common.make_config()
    config.name = "vae"
    config.generator = "vae"
    config.vae = ConfigDict()
    config.vae.latent = 16  # Numbers that a series goes through; 8 in the paper.
    config.vae.widths = (32, 64, 64)  # Of convolutions; each halves the time points.
    config.vae.hidden = 64  # Width of the networks of level, trend and seasons.
    config.vae.embed_width = 16  # Of the class.
    config.vae.degree = 2  # Of the trend's polynomial; 0: no trend.
    config.vae.seasons = ()  # Time points of a season, each a block: (24, 168).
    config.vae.beta = 1.0  # Weight of the KL term; above 1: smoother latents.
    config.vae.warmup_steps = 100  # Over which that weight rises from 0.
    config.vae.label_drop_rate = 0.1  # Of classes in training; 0: always a class.
    # Latents of samples: as the encoder has those of the class in TRAIN (a Gaussian), or
    # from the 'prior', N(0, I), as in the paper.
    config.vae.sample_from = "posterior"
    # In samples: 'correlated' along time as errors of reconstructions are; 'independent',
    # as the ELBO has it; or 'none', which leaves means.
    config.vae.observation_noise = "correlated"
    # How much of it: the one whose samples have the least FID to TRAIN (MiniRocket).
    config.vae.noise_scales = (0.0, 0.25, 0.5, 0.75, 1.0)
    config.train.vae = _common.make_train(num_steps=1500, batch_size=64)
    config.train.vae.ema_decay = 0.99
    config.train.vae.log_every = 50
    # The validation loss rises early, for it counts all of the noise; samples, which have
    # less of it, get better.
    config.train.vae.select = "last"
    config.train.vae.eval_every = 50
    config.train.vae.weight_decay = 1e-2
    return config.lock()
