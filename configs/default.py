"""Every hyper-parameter of every stage; the other files only change values.

Paper: NC-VQVAE, https://arxiv.org/abs/2408.16613. The values are the `fixed` mode
of this project; `_published.py` turns a config into the published behaviour.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def _tokenizer(config: ConfigDict) -> None:
    """Stage 1 without its second view."""
    config.stft = ConfigDict()
    config.stft.window_size = 8  # Samples; periodic Hann window.
    config.stft.hop = 2  # Samples between frames; divides window_size.

    config.tokenizer = ConfigDict()
    config.tokenizer.width = 64  # Channels throughout, and width D of a code.
    config.tokenizer.num_res_blocks = 4  # In encoder and decoder each.
    config.tokenizer.target_width = 8  # Columns of the token map aimed at.

    config.quantizer = ConfigDict()
    config.quantizer.kind = "ema"  # A file of tsgen_jax/nn/quantizers.
    # Of the encoder through the quantiser: 'straight_through', or 'rotation', which
    # keeps the angle between gradient and vector.
    config.quantizer.gradient = "straight_through"
    config.quantizer.num_codes = 32  # K.
    config.quantizer.decay = 0.95  # Of the codebook's moving averages; published: 0.9.
    config.quantizer.commitment_weight = 1.0
    config.quantizer.init = "kmeans"  # 'kmeans', 'data', or 'normal'.
    # Codes with fewer vectors than this share of the mean count restart at
    # encoder outputs of the batch; 0: never.
    config.quantizer.revive_below = 0.05
    # Of kind 'fsq': of each number of a code; their product is num_codes.
    config.quantizer.levels = (8, 4)
    config.quantizer.depth = 2  # Of kind 'residual': tokens of a vector.
    config.quantizer.cosine = False  # Latents and codes of length 1: the least angle.


def _augment(config: ConfigDict) -> None:
    """The second view: names, and the strength of every augmentation."""
    config.augment = ConfigDict()
    # The second view: 'gauss', 'slice', 'warp', or names joined by '+', in order.
    config.augment.names = "gauss"
    config.augment.gaussian_noise = ConfigDict({"scale": 0.05})
    config.augment.slice_and_shuffle = ConfigDict({"num_segments": 4})
    config.augment.window_warp = ConfigDict(
        {"window_ratio": 0.4, "min_scale": 0.9, "max_scale": 2.0}
    )
    config.augment.amplitude_resize = ConfigDict({"scale": 0.2})
    config.augment.random_crop = ConfigDict({"crop_ratio": 0.4})
    config.augment.flip = ConfigDict()
    config.augment.slope = ConfigDict({"max_slope": 0.005})
    config.augment.noise_window = ConfigDict({"window_ratio": 0.4, "scale": 0.1})
    config.augment.magnitude_warp = ConfigDict({"num_knots": 4, "scale": 0.2})
    config.augment.jitter = ConfigDict({"scale": 0.05})
    config.augment.tf_random_masks = ConfigDict({"mask_density": 0.1})
    config.augment.tf_rotation = ConfigDict({"max_degrees": 1.0})
    config.augment.tf_shear = ConfigDict({"max_shear": 0.01})
    config.augment.tf_scale = ConfigDict({"min_scale": 0.9, "max_scale": 1.1})
    config.augment.tf_block = ConfigDict({"block_size": 0.05, "density": 0.01})
    config.augment.tf_gaussian = ConfigDict({"scale": 0.05})
    config.augment.tf_band = ConfigDict({"num_bands": 3, "band_ratio": 0.1})
    config.augment.tf_phase = ConfigDict({"max_shift": 0.7853981633974483})


def _ssl(config: ConfigDict) -> None:
    """What the second view is compared by."""
    config.ssl = ConfigDict()
    config.ssl.method = "none"  # A loss whose values are below, or none.
    # Weight of rec(x' | D(z')), the augmented view through the autoencoder. With
    # method 'none' and a weight above 0: the control without self-supervision.
    config.ssl.augmented_weight = 0.0
    # Whether the augmented view, too, moves the running batch statistics.
    config.ssl.augmented_statistics = False
    config.ssl.projector = ConfigDict({"hidden": 1024, "width": 1024})
    config.ssl.iter_norm = ConfigDict({"group_size": 64, "num_steps": 5})
    config.ssl.barlow_twins = ConfigDict({"weight": 1.0, "off_diagonal_weight": 0.005})
    config.ssl.vicreg = ConfigDict(
        {
            "weight": 0.01,
            "invariance_weight": 25.0,
            "variance_weight": 25.0,
            "covariance_weight": 1.0,
        }
    )
    config.ssl.vibcreg = ConfigDict(
        {
            "weight": 0.01,
            "invariance_weight": 25.0,
            "variance_weight": 25.0,
            "covariance_weight": 100.0,
        }
    )
    config.ssl.byol = ConfigDict({"weight": 0.1, "target_decay": 0.99})


def _prior(config: ConfigDict) -> None:
    """Stage 2 and what is drawn from it."""
    config.prior = ConfigDict()
    # 'masked' (MaskGIT: any from any), or 'causal' (each from those before it in time,
    # a round for each; gaps are drawn from what precedes them alone).
    config.prior.order = "masked"
    config.prior.kind = "tied"  # 'tied' ids, or 'full_embedding' of code vectors.
    config.prior.codebook = "finetuned"  # Input codes: 'frozen' or 'finetuned'.
    # Published: 256. With 128 and more steps, about as long to train, samples are at
    # least as good and take a bit over half the time (docs/results.md).
    config.prior.width = 128
    config.prior.num_layers = 4
    config.prior.num_heads = 2
    config.prior.head_width = 64
    config.prior.mlp_ratio = 1
    config.prior.dropout = 0.1
    config.prior.label_drop_rate = 0.2  # Series trained without their class.
    config.prior.trunk_positions = False  # A second position table (reference).

    config.masking = ConfigDict()
    # Share masked at progress r: 'cosine' cos(pi r / 2), 'power:P' 1 - r^P, or
    # 'inverted' 1 - cos(pi r / 2).
    config.masking.schedule = "cosine"
    config.masking.per_sample = True  # False: one ratio for the whole batch.
    config.masking.loss_on = "masked"  # 'masked' tokens, or 'all'.
    # 0: the nearest code. Above: drawn anew from softmax(-distance^2 / it).
    config.masking.target_temperature = 0.0
    # Of the tokens that the prior sees in training: share replaced by random codes.
    config.masking.corruption_rate = 0.0
    config.masking.label_smoothing = 0.0  # Share of a target spread over all codes.

    # Which tokens a round fills: the surest ('confidence', MaskGIT), those far from each
    # other ('halton'), or any, of which some are drawn again ('remdm').
    config.sample.sampler = "confidence"
    config.sample.remask_rate = 0.1  # Of 'remdm': of filled tokens in a round, at most.
    # An order nearer to random than the published 4.0, and fewer tokens in the first
    # rounds than by a cosine: nearly as good as 20 rounds of a cosine (docs/results.md).
    config.sample.num_decode_steps = 10
    config.sample.choice_temperature = 10.0  # Noise on which tokens to keep.
    config.sample.token_temperature = 1.0  # Noise on which token to draw.
    config.sample.schedule = "power:2.5"  # Masked after a round: masking.schedule.
    config.sample.guidance_scale = 1.0  # 1: off; above: more typical of the class.
    # What tokens leave out is noise in samples, times the one of these with the least
    # FID to TRAIN (MiniRocket); (0.0,): none.
    config.sample.residual_scales = (0.0, 0.25, 0.5, 0.75, 1.0)

    # Imputation, forecasts and edits: tokens over observed samples are kept.
    config.inpaint = ConfigDict()
    # A column of tokens is kept where at least this share of it is observed.
    config.inpaint.keep_share = 0.75
    # Time points after which a draw has forgotten its offset from observed ends (1 / e).
    config.inpaint.join_reach = 10.0
    # What tokens leave out of series is drawn as noise of the size of the tokenizer's
    # errors on the validation part, times this; 0: off.
    config.inpaint.residual_scale = 1.0
    config.inpaint.num_rounds = 1  # Encode, draw, join; again from the result.
    config.inpaint.num_decode_steps = 10
    # So much noise that tokens are filled in random order: the surest first, as in
    # `sample`, makes draws too sure.
    config.inpaint.choice_temperature = 100.0
    config.inpaint.token_temperature = 1.3  # The prior is too sure of unseen series.
    config.inpaint.schedule = "cosine"  # As sample.schedule.


def _stages(config: ConfigDict) -> None:
    """Training of both networks."""
    config.train.tokenizer = _common.make_train(num_steps=300, batch_size=128)
    # Many small batches: 1600 of 64 take less time than 400 of all 240 series of
    # SyntheticControl, and their samples are better. Published: 1000 epochs of 256.
    config.train.prior = _common.make_train(num_steps=1600, batch_size=64)
    for train in (config.train.tokenizer, config.train.prior):
        train.learning_rate = 2e-3  # Published: 1e-3.
        # Samples get better while the validation loss of the prior rises, and a
        # handful of validation series picks weights of too early a step: the last ones
        # are better on every development set (experiments/robust_training.py).
        train.select = "last"


def methods() -> tuple[str, ...]:
    """Values of ssl.method whose own values are in the config: all that come with it.

    The rows of `losses/self_supervised.METHODS`, read from here without importing jax.
    """
    sections = get_config().ssl.items()
    named = (k for k, value in sections if hasattr(value, "keys") and "weight" in value)
    return ("none", *sorted(named))


def get_config(arg: str = "") -> ConfigDict:
    """Values of the regular VQ-VAE with a tied MaskGIT prior; takes no argument."""
    if arg:
        raise ValueError(f"configs/default.py takes no argument, got {arg!r}.")
    config = _common.make_config()
    config.name = "default"  # Default run directory: runs/<name>-<data.name>.
    config.generator = "ssl_vqvae"  # A file of tsgen_jax/generators.
    # Store only what goes into residual blocks and layers, and compute the rest again
    # for the gradient: less memory, more time, the same result.
    config.remat = False
    for add in (_tokenizer, _augment, _ssl, _prior, _stages):
        add(config)
    return config.lock()
