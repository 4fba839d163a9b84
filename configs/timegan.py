"""TimeGAN, conditional on the class: embedding, supervisor, then all five networks.

Paper: Yoon et al. 2019, "Time-series Generative Adversarial Networks" (NeurIPS).
Command: python main.py --config=configs/timegan.py
Expected: 7 minutes of training on one shared CPU core (SyntheticControl). MiniRocket FID
to TEST, one seed: SyntheticControl 1.68, where a Gaussian by class has 0.80; coverage 0.37,
recall 0.39. With the authors' weights of 100 it was 2.23 and precision 0.03.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def get_config() -> ConfigDict:
    """Values of TimeGAN."""
    config = _common.make_config()
    config.name = config.generator = "timegan"
    config.timegan = ConfigDict()
    config.timegan.patch = 4  # Time points of a frame; 1 in the paper, with 24 of them.
    config.timegan.cell = "gru"  # 'elman', 'jordan', 'mgu', 'gru' or 'lstm'.
    config.timegan.width = 48  # Of every layer.
    config.timegan.features = 24  # Numbers in (0, 1) of a frame.
    config.timegan.num_layers = 2  # Of each network; supervisor: one less; critic: 1.
    config.timegan.num_latents = 16  # Normal numbers for each frame.
    config.timegan.num_static = 16  # Normal numbers for all frames of a series.
    config.timegan.loss = "non_saturating"  # Or 'wgan_gp'.
    config.timegan.penalty_weight = 1.0  # Of the penalty on the critic's slope.
    # In the joint phase, of the supervisor, and of means and deviations of drawn series.
    # 100 in the authors' code, for 50,000 steps: within 2,000 the critic is then not
    # heard, and what the supervisor cannot foresee is missing from samples.
    config.timegan.supervised_weight = 1.0
    config.timegan.moment_weight = 1.0
    config.timegan.label_drop_rate = 0.1  # Series trained without their class.
    for stage, num_steps in (("embedding", 1000), ("supervisor", 500), ("joint", 2000)):
        train = _common.make_train(num_steps=num_steps, batch_size=64)
        train.weight_decay, train.clip_norm = 0.0, 0.0
        train.select, train.log_every = "last", 50
        train.eval_every, train.checkpoint_every = 500, 1000
        config.train[stage] = train
    train = config.train.joint
    train.critic_learning_rate = 1e-3
    train.critic_steps = 1  # Of the critic for each of the other networks.
    train.betas = (0.5, 0.9)  # Of Adam, all networks.
    train.ema_decay = 0.99
    return config.lock()
