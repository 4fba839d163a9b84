"""What the published code does otherwise; no config of its own, two others use it.

Paper: NC-VQVAE, https://arxiv.org/abs/2408.16613. Commands:
python main.py --config=configs/vqvae.py:faithful
python main.py --config=configs/ssl_vqvae.py:vibcreg,faithful
"""

from ml_collections import ConfigDict


def faithful(config: ConfigDict) -> ConfigDict:
    """Changes `config` to the behaviour of the published code, less its leaks."""
    config.data.validation_fraction = 0.0
    config.quantizer.init = "normal"
    config.quantizer.decay = 0.9
    config.quantizer.revive_below = 0.0
    config.ssl.augmented_statistics = True
    width = 512 if config.ssl.method == "byol" else 4096
    config.ssl.projector.hidden = config.ssl.projector.width = width
    config.ssl.byol.target_decay = 0.9
    config.prior.width = 256
    config.prior.dropout = 0.0
    config.prior.trunk_positions = True
    config.masking.schedule = "inverted" if config.prior.kind == "tied" else "cosine"
    config.masking.per_sample = False
    config.masking.loss_on = "all"
    config.masking.target_temperature = 1.0
    config.masking.corruption_rate = 0.0
    config.masking.label_smoothing = 0.0
    config.sample.num_decode_steps = 10
    config.sample.choice_temperature = 4.0
    config.sample.schedule = "cosine"
    config.sample.residual_scales = (0.0,)
    config.train.judge.num_epochs = 1000
    config.train.judge.batch_size = 256
    config.train.discriminator.num_steps = 2000
    config.train.predictor.num_steps = 5000
    config.evaluation.cas_min_series = 1000
    config.train.tokenizer.batch_size = 128
    config.train.prior.batch_size = 256
    for train in (config.train.tokenizer, config.train.prior):
        train.num_epochs, train.num_steps = 1000, 1  # The epochs, however few steps.
        train.learning_rate = 1e-3
        train.decay_all_weights = True
        train.warmup_steps = 0
        train.clip_norm = 0.0
        train.ema_decay = 0.0
        train.patience = 0
        train.select = "last"
    return config
