"""Every hyper-parameter of every stage; the other files only change values.

Paper: NC-VQVAE, https://arxiv.org/abs/2408.16613. The values are the `fixed` mode
of this project; `_published.py` turns a config into the published behaviour.
"""

from ml_collections import ConfigDict


def _train(num_steps: int, batch_size: int) -> ConfigDict:
    """What every stage's training needs."""
    train = ConfigDict()
    train.num_steps = num_steps
    train.num_epochs = 0  # Above 0: so many epochs instead of num_steps.
    train.batch_size = batch_size  # Smaller when the data set is; it says so.
    train.learning_rate = 1e-3  # Peak; AdamW, betas 0.9 and 0.999.
    train.weight_decay = 1e-3
    train.decay_all_weights = False  # True: biases, norms and embeddings as well.
    train.warmup_steps = 50  # Linear, then a cosine to 0 at num_steps.
    train.clip_norm = 1.0  # Global norm of the gradient; 0: off.
    train.ema_decay = 0.0  # Moving average of the weights for use; 0: off.
    train.log_every = 10  # Steps; these are also run in one dispatch.
    train.eval_every = 50  # Steps between passes over the validation part.
    train.checkpoint_every = 200  # Steps.
    train.patience = 0  # Evaluations without a better one before stopping; 0: off.
    train.select = "best"  # Weights to keep: 'best' on validation, or 'last'.
    return train


def _data(config: ConfigDict) -> None:
    """Where series come from and how they are split."""
    config.data = ConfigDict()
    config.data.name = "GunPoint"  # Any UCR or UEA set, where there is no path.
    config.data.root = ""  # Directory of sets; "": aeon (bundled or downloaded).
    config.data.split = "archive"  # 'archive' TRAIN/TEST, or stratified 'resplit'.
    config.data.test_fraction = 0.2  # Of all series, for 'resplit' only.
    config.data.validation_fraction = 0.2  # Of TRAIN, stratified; 0: none.
    config.data.split_seed = 0  # Of the validation part and of 'resplit'.
    # NaN: 'error', or 'interpolate' along time for the network; what was missing is
    # not counted in the tokenizer's loss.
    config.data.missing = "error"
    # 'standard' (mean, deviation), 'robust' (median, interquartile range), or
    # 'quantile' (to a normal distribution).
    config.data.scaling = "standard"

    # A file or directory of one's own in place of a set by name: .csv .tsv .txt
    # .parquet .npz .npy .ts. Without a TEST of its own it is divided by test_fraction.
    config.data.path = ""
    # Below "" means: guessed from the file; the guess is printed.
    config.data.layout = ""  # 'wide' (a row per series), 'long', or one 'series'.
    config.data.header = ""  # 'yes' or 'no': whether the first row names columns.
    config.data.label_column = ""  # Name, or number from 1; 'none': no labels.
    config.data.id_column = ""  # The same, of what tells series apart.
    config.data.time_column = ""  # The same, of time stamps; or 'DATE+TIME'.
    # As of strftime ('%d/%m/%Y %H:%M'); 'day-first', 'month-first', 'year-first';
    # 'number'; or 'epoch-s', 'epoch-ms', 'epoch-us', 'epoch-ns' since 1970.
    config.data.time_format = ""
    config.data.time_zone = ""  # Of time stamps, such as 'Europe/Berlin' or 'UTC'.
    config.data.sort_time = False  # Whether time points are sorted by time.
    config.data.duplicates = ""  # Of one time: keep 'mean', 'first' or 'last'.
    config.data.channels = ""  # Columns of values, joined by '+'.
    config.data.array_layout = ""  # Of arrays: 'nlc' or 'ncl' (channels before time).
    config.data.trailing = "end"  # NaN at a series' end: its 'end', or 'missing'.
    # Of text files: ',', ';', 'tab', '|' or ' '; '.' or ','; ',', '.', ' ', "'" or 'none'.
    config.data.separator = ""
    config.data.decimal = ""
    config.data.thousands = ""
    # Words and numbers, joined by ',', for missing values, besides empty cells and the
    # usual words: '-9999'.
    config.data.missing_values = ""
    config.data.window = 0  # Cuts long series into windows, divided by time; 0: not.
    config.data.stride = -1  # Time points between windows; -1: window // 4.


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
    config.quantizer.num_codes = 32  # K.
    config.quantizer.decay = 0.95  # Of the codebook's moving averages; published: 0.9.
    config.quantizer.commitment_weight = 1.0
    config.quantizer.init = "kmeans"  # 'kmeans', 'data', or 'normal'.
    # Codes with fewer vectors than this share of the mean count restart at
    # encoder outputs of the batch; 0: never.
    config.quantizer.revive_below = 0.05


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
    config.prior.kind = "tied"  # 'tied' ids, or 'full_embedding' of code vectors.
    config.prior.codebook = "finetuned"  # Input codes: 'frozen' or 'finetuned'.
    # Published: 256. With 128 and 800 steps in place of 500, about as long to train,
    # samples are at least as good and take a bit over half the time (docs/results.md).
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

    config.sample = ConfigDict()
    # 0: as many as the larger of TRAIN and TEST, at least 256.
    config.sample.num_samples = 0
    config.sample.class_conditional = True  # Class shares of TRAIN; False: none.
    # An order nearer to random than the published 4.0, and fewer tokens in the first
    # rounds than by a cosine: nearly as good as 20 rounds of a cosine (docs/results.md).
    config.sample.num_decode_steps = 10
    config.sample.choice_temperature = 10.0  # Noise on which tokens to keep.
    config.sample.token_temperature = 1.0  # Noise on which token to draw.
    config.sample.schedule = "power:2.5"  # Masked after a round: masking.schedule.
    config.sample.guidance_scale = 1.0  # 1: off; above: more typical of the class.
    config.sample.batch_size = 256
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


def _constraints(config: ConfigDict) -> None:
    """What every generated value satisfies, in original units; "": nothing.

    One value for all channels, or a value by channel: "0", "load=0,temp=-40". A channel
    is named, or numbered from 0.
    """
    config.constraints = ConfigDict()
    config.constraints.min = ""  # At least: "0".
    config.constraints.max = ""  # At most: "load=50,temp=60".
    config.constraints.nonnegative = ""  # As min of 0: "all", or "load,rain".
    config.constraints.integer = ""  # Whole numbers: "all", or "count,visits".
    config.constraints.monotone = (
        ""  # "increasing", "meter=increasing,fuel=decreasing".
    )
    # Sum of all channels at each time point: "1"; of some: "a+b=1,c+d=1"; of a channel
    # over the time points of a series: "time:load=100".
    config.constraints.sum_to = ""
    # Violating series get new tokens up to so many times; what still violates is moved
    # to the nearest series that does not (Euclidean projection).
    config.constraints.num_redraws = 3
    # Violations up to this are projected at once, in deviations of a channel in TRAIN.
    config.constraints.redraw_above = 0.1


def _evaluation(config: ConfigDict) -> None:
    """Judges, and what they are asked."""
    config.judge = ConfigDict()  # The FCN classifier behind FID, IS and CAS.
    config.judge.dir = ""  # Of trained judges; "": the user's cache directory.
    config.judge.seed = 0  # Not the run's: all runs on a set share a judge.
    config.judge.widths = (128, 256, 128)  # Of its convolutions.
    config.judge.kernel_sizes = (8, 5, 3)
    config.judge.num_kernels = 504  # Features of the other judge, MiniRocket.
    # TS2Vec, the judge of Context-FID: the sizes of its authors' code.
    config.judge.ts2vec = ConfigDict()
    config.judge.ts2vec.width = 64
    config.judge.ts2vec.num_blocks = 10  # Dilations 1, 2, 4, ...; one more at the end.
    config.judge.ts2vec.features = 320
    config.judge.ts2vec.dropout = 0.1
    config.judge.ts2vec.mask_ratio = 0.5  # Of time points.
    config.judge.ts2vec.instance_weight = 0.5  # Of the loss; the rest is temporal.
    config.judge.ts2vec.few_values = 100_000  # In TRAIN; up to these,
    config.judge.ts2vec.few_steps = 200  # so many steps instead of num_steps.

    config.evaluation = ConfigDict()
    config.evaluation.batch_size = 64
    config.evaluation.num_mask_draws = 8  # Masks per series in the held-out NLL.
    config.evaluation.num_shown = 8  # Series per class in the figures.
    config.evaluation.seed = 0  # Of every draw below.
    # Judges ('fcn', 'minirocket', 'ts2vec'), and groups of scores, joined by '+': see
    # evaluation/scores.py.
    config.evaluation.judges = "fcn+minirocket"
    config.evaluation.scores = (
        "fidelity+usefulness+statistics+post_hoc+privacy+representation"
    )
    config.evaluation.num_draws = 100  # Resamples behind an interval.
    config.evaluation.level = 0.95  # Of the intervals.
    config.evaluation.num_neighbours = 5  # Of precision, recall, density, coverage.
    config.evaluation.max_rows = 2000  # Of a set, where all pairs are compared.
    config.evaluation.num_dtw = 100  # Of a set, for DTW; 0: no DTW.
    config.evaluation.cas_min_series = 0  # Enlarges small training sets of CAS.
    config.evaluation.hidden_univariate = 8  # GRU width of post-hoc scores, C = 1.


def _tracking(config: ConfigDict) -> None:
    """Where copies of metrics and figures go besides the run directory."""
    config.tracking = ConfigDict()
    config.tracking.wandb = False  # Weights & Biases; pip install 'tsgen_jax[wandb]'.
    # MLflow, at MLFLOW_TRACKING_URI or in ./mlruns; pip install 'tsgen_jax[mlflow]'.
    config.tracking.mlflow = False
    config.tracking.project = "tsgen_jax"  # wandb's project, MLflow's experiment.


def _stages(config: ConfigDict) -> None:
    """Training of every network, by the name of its task."""
    config.train = ConfigDict()
    config.train.tokenizer = _train(num_steps=300, batch_size=128)
    config.train.prior = _train(num_steps=800, batch_size=256)
    for stage in ("tokenizer", "prior"):
        config.train[stage].learning_rate = 2e-3  # Published: 1e-3.
    config.train.judge = _train(num_steps=120, batch_size=64)
    config.train.judge.weight_decay = 1e-5
    # Post-hoc scores of TimeGAN (Yoon et al. 2019): 2000 and 5000 steps there.
    config.train.discriminator = _train(num_steps=300, batch_size=128)
    config.train.predictor = _train(num_steps=600, batch_size=128)
    config.train.ts2vec = _train(num_steps=600, batch_size=8)
    config.train.ts2vec.weight_decay = 0.01  # PyTorch's AdamW, of all weights.
    config.train.ts2vec.decay_all_weights = True
    for stage in ("judge", "discriminator", "predictor", "ts2vec"):
        train = config.train[stage]
        train.warmup_steps, train.clip_norm, train.select = 0, 0.0, "last"
    for stage in ("discriminator", "predictor"):
        config.train[stage].weight_decay = 0.0
    for stage in ("discriminator", "predictor", "ts2vec"):
        config.train[stage].log_every = 500
        config.train[stage].checkpoint_every = 100_000  # It is thrown away.


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
    config = ConfigDict()
    config.name = "default"  # Default run directory: runs/<name>-<data.name>.
    config.generator = "ssl_vqvae"  # A file of tsgen_jax/generators.
    config.seed = 0  # Weights, batches, augmentations and samples.
    # (0, 1, 2, 3): all of them at once, one program, each in <workdir>/seed-<s> as if
    # it had been `seed`; (): only `seed`.
    config.seeds = ()
    config.num_devices = 0  # Devices to share a batch among; 0: all.
    # Of products in both networks: 'float32', or 'bfloat16'. Weights, codebook,
    # statistics, norms, losses and the optimiser are float32 in any case.
    config.precision = "float32"
    # Store only what goes into residual blocks and layers, and compute the rest again
    # for the gradient: less memory, more time, the same result.
    config.remat = False
    for add in (_data, _tokenizer, _augment, _ssl, _prior, _constraints):
        add(config)
    for add in (_evaluation, _tracking, _stages):
        add(config)
    return config.lock()
