"""What autoregressive networks of real values share; no config of its own."""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def make_config(name: str) -> ConfigDict:
    """The config of the generator `name`, not locked; it adds its own values."""
    config = _common.make_config()
    config.name = config.generator = name
    # Below 1: likelier values (deviations by its root); 1: what was learned.
    config.sample.temperature = 1.0
    config.inpaint = ConfigDict()
    # Of a series with values observed after missing ones: as many are drawn, and one
    # that fits what was observed is kept.
    config.inpaint.num_particles = 64
    config.train.network = _common.make_train(num_steps=600, batch_size=64)
    config.train.network.learning_rate = 1e-3
    config.train.network.ema_decay = 0.99
    # The last weights, as of a rate that has fallen to 0: the least validation loss comes
    # within the first steps of small sets, where samples are not yet good.
    config.train.network.select = "last"
    config.train.network.log_every = 50
    return config


def make_values() -> ConfigDict:
    """Values of a network with a mixture density."""
    settings = ConfigDict()
    settings.width = 64  # Of every layer.
    settings.num_components = 5  # Gaussians of the mixture.
    settings.min_scale = 0.01  # Least deviation of one, in those of TRAIN.
    settings.num_places = 8  # Numbers that say where in the series; 0: not said.
    settings.dropout = 0.2
    # Noise on what the network sees in training, not on its targets: its deviation in
    # root mean squares of the change from one time point to the next.
    settings.input_noise = 1.0
    settings.label_drop_rate = 0.1  # Series trained without their class.
    return settings
