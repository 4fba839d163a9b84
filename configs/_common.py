"""What every run has: data, constraints, judges, evaluation; no config of its own.

A generator's config begins with `make_config` and adds its own sections.
"""

from ml_collections import ConfigDict


def make_config() -> ConfigDict:
    """All sections but those of a generator; not locked yet."""
    config = ConfigDict()
    config.seed = 0  # Weights, batches, augmentations and samples.
    # (0, 1, 2, 3): all of them at once, one program, each in <workdir>/seed-<s> as if
    # it had been `seed`; (): only `seed`.
    config.seeds = ()
    config.num_devices = 0  # Devices to share a batch among; 0: all.
    # Of products in both networks: 'float32', or 'bfloat16'. Weights, codebook,
    # statistics, norms, losses and the optimiser are float32 in any case.
    config.precision = "float32"
    for add in (_data, _sample, _constraints, _evaluation, _tracking, _judges):
        add(config)
    return config


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


def _sample(config: ConfigDict) -> None:
    """What is generated."""
    config.sample = ConfigDict()
    # 0: as many as the larger of TRAIN and TEST, at least 256.
    config.sample.num_samples = 0
    config.sample.class_conditional = True  # Class shares of TRAIN; False: none.
    config.sample.batch_size = 256


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


def _judges(config: ConfigDict) -> None:
    """Training of the networks that judge; a generator adds its own stages."""
    config.train = ConfigDict()
    config.train.judge = make_train(num_steps=120, batch_size=64)
    config.train.judge.weight_decay = 1e-5
    # Post-hoc scores of TimeGAN (Yoon et al. 2019): 2000 and 5000 steps there.
    config.train.discriminator = make_train(num_steps=300, batch_size=128)
    config.train.predictor = make_train(num_steps=600, batch_size=128)
    config.train.ts2vec = make_train(num_steps=600, batch_size=8)
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


def make_train(num_steps: int, batch_size: int) -> ConfigDict:
    """What every stage's training needs."""
    train = ConfigDict()
    train.num_steps = num_steps
    train.num_epochs = 0  # Above 0: so many epochs, where they are more than num_steps.
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


def make_game_train(
    num_steps: int, batch_size: int, rate: float, critic_steps: int = 1
) -> ConfigDict:
    """What a game's training needs: a generator, or several networks, and a critic."""
    train = make_train(num_steps, batch_size)
    train.learning_rate = rate  # Of all but the critic.
    train.critic_learning_rate = rate
    train.critic_steps = critic_steps  # Of the critic for each of the other networks.
    train.betas = (0.0, 0.9)  # Of Adam, all networks.
    train.weight_decay, train.clip_norm = 0.0, 0.0
    train.ema_decay, train.select = 0.99, "last"  # Of a step, not of an update.
    train.log_every, train.eval_every, train.checkpoint_every = 50, 500, 1000
    return train
