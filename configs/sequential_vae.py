"""Sequential VAE: latent dynamics z_t = A z_{t-1} + W tanh(z_{t-1}) + h, by the ELBO.

Paper: https://doi.org/10.1371/journal.pcbi.1005542.
Command: python main.py --config=configs/sequential_vae.py
Expected: minutes on 2 CPU cores; its samples were not measured yet.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def get_config() -> ConfigDict:
    """With point estimates of A, W and h; `bayesian` gives them a posterior."""
    config = _common.make_config()
    config.name = "sequential_vae"
    config.generator = "sequential_vae"
    config.sequential_vae = ConfigDict()
    config.sequential_vae.latent = 32  # Width of the state z.
    config.sequential_vae.width = 64  # Of the encoder's convolutions.
    config.sequential_vae.num_layers = 4  # Of these; dilations 1, 2, 4, 8.
    config.sequential_vae.embed_width = 16  # Of the class.
    config.sequential_vae.bayesian = False  # A posterior over A, W and h.
    config.sequential_vae.prior_std = 1.0  # Of A, W and h about 0, where Bayesian.
    config.sequential_vae.beta = 1.0  # Weight of the KL term.
    config.sequential_vae.warmup_steps = 100  # Over which that weight rises from 0.
    config.sequential_vae.label_drop_rate = 0.1  # Of classes in training.
    # In samples: 'correlated' along time as errors of reconstructions are; 'independent',
    # as the ELBO has it; or 'none', which leaves means.
    config.sequential_vae.observation_noise = "correlated"
    # How much of it: the one whose samples have the least FID to TRAIN (MiniRocket).
    config.sequential_vae.noise_scales = (0.0, 0.25, 0.5, 0.75, 1.0)
    config.train.sequential_vae = _common.make_train(num_steps=1500, batch_size=64)
    config.train.sequential_vae.ema_decay = 0.99
    config.train.sequential_vae.log_every = 50
    # Few series are soon learnt by heart, and the noise is then too small: the best on
    # the validation part is kept.
    config.train.sequential_vae.eval_every = 50
    config.train.sequential_vae.weight_decay = 1e-2
    return config.lock()
