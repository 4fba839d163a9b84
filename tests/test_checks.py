import numpy as np
import pytest

from tests import tiny
from tsgen_jax import checks
from tsgen_jax.data import synthetic
from tsgen_jax.data.dataset import from_raw
from tsgen_jax.runs import presets


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("ssl.method", "simclr", "barlow_twins, vicreg, vibcreg, byol"),
        ("augment.names", "blur", "gaussian_noise"),
        ("quantizer.kind", "emma", "known are ema.*Did you mean 'ema'"),
        ("quantizer.gradient", "mirror", "straight_through, rotation"),
        ("quantizer.init", "random", "kmeans, data, normal"),
        ("prior.kind", "causal", "tied, full_embedding"),
        ("prior.codebook", "free", "frozen, finetuned"),
        ("masking.schedule", "linear", "known are cosine, inverted, and power:P"),
        ("masking.corruption_rate", 1.0, r"in \[0, 0.99\]"),
        ("masking.label_smoothing", -0.1, r"in \[0, 0.99\]"),
        ("sample.schedule", "inverted", "for training only"),
        ("inpaint.schedule", "power:0", "a number P above 0"),
        ("data.split", "mine", "archive, resplit"),
        ("data.missing", "zero", "error, interpolate"),
        ("train.prior.select", "first", "best, last"),
        (
            "train.prior.patience",
            3,
            "3 evaluations after the best: set train.prior.sel",
        ),
        ("train.tokenizer.learning_rate", 0.0, "at least"),
        ("train.tokenizer.learning_rate", float("nan"), "at least"),
        ("quantizer.decay", 1.0, r"in \[0"),
        ("prior.dropout", -0.1, r"in \[0"),
        ("sample.num_decode_steps", 0, r"must be in \[1, 10000\]"),
        ("num_devices", 64, "8 are there"),
        ("judge.num_kernels", 10, "at least 84"),
        ("seed", -1, r"in \[0"),
        ("prior.codebook", "frozen", "no effect with prior.kind='tied'"),
        ("prior.label_drop_rate", 1.0, "never shows the prior a class"),
        ("sample.guidance_scale", -1.0, "at least 0"),
        ("sample.residual_scales", (), "one number or more"),
        ("sample.residual_scales", (0.0, 2.5), r"has \[2.5\]: must be numbers in \[0"),
        ("sample.residual_scales", (-0.5,), r"has \[-0.5\]"),
        ("sample.residual_scales", (float("nan"), 1.0), r"has \[nan\]"),
        ("sample.residual_scales", (float("inf"),), r"has \[inf\]"),
        ("sample.residual_scales", ("1", True, (1.0,)), r"has \['1', True, \(1.0,\)\]"),
        ("sample.residual_scales", (0.5, 0.5), "names a scale twice"),
        ("train.tokenizer.ema_decay", 0.9, "only train.prior"),
    ],
)
def test_a_bad_value_is_named_with_the_known_ones(key, value, message):
    config = tiny.make_config(**{key: value})
    with pytest.raises(ValueError, match=message) as caught:
        checks.check_config(config)
    assert key.split(".")[0] in str(caught.value)


def test_guidance_needs_dropped_labels():
    changes = {"prior.label_drop_rate": 0.0, "sample.guidance_scale": 2.0}
    with pytest.raises(ValueError, match="never trains the prior without a class"):
        checks.check_config(tiny.make_config(**changes))


def test_all_faults_are_told_at_once():
    config = tiny.make_config(**{"ssl.method": "x", "quantizer.num_codes": 1})
    with pytest.raises(ValueError, match=r"(?s)quantizer.num_codes.*ssl.method"):
        checks.check_config(config)


def test_a_config_of_an_older_version_is_named_so():
    config = tiny.make_config().unlock()
    del config.data.scaling
    with pytest.raises(ValueError, match="lacks data.scaling: it is of an older"):
        checks.check_config(config)


def test_series_too_short_for_the_window():
    with pytest.raises(ValueError, match="too short for an STFT window of 8"):
        checks.check_dataset(tiny.make_config(), tiny.make_dataset(length=4))


def test_one_class_only_says_how_to_go_on():
    raw = synthetic.make_shapes(
        seed=0, num_series=8, length=24, num_channels=1, num_classes=2
    )
    keep = raw.y_train == raw.y_train[0]
    keep_test = raw.y_test == raw.y_train[0]
    one = type(raw)(
        name="one",
        x_train=raw.x_train[keep],
        y_train=raw.y_train[keep],
        x_test=raw.x_test[keep_test],
        y_test=raw.y_test[keep_test],
        source="test",
    )
    dataset = from_raw(one, "archive", 0.2, 0.2, 0, "error")
    with pytest.raises(ValueError, match="sample.class_conditional=False"):
        checks.check_dataset(tiny.make_config(), dataset)
    free = tiny.make_config(**{"sample.class_conditional": False})
    checks.check_dataset(free, dataset)
    assert np.unique(dataset.y_train).size == 1


def test_time_frequency_augmentations_need_longer_series():
    config = tiny.make_config(**{"augment.names": "tf_phase"})
    with pytest.raises(ValueError, match=r"tf_phase.*too short"):
        checks.check_dataset(config, tiny.make_dataset(length=16))


@pytest.mark.parametrize(
    ("preset", "key", "value", "message"),
    [
        ("noise", "noise.scale", -1.0, "at least 0"),
        ("warp", "warp.min_scale", 3.0, "min_scale=3.0 is above warp.max_scale=2.0"),
        ("block_bootstrap", "block_bootstrap.num_blocks", 0, r"in \[1"),
        ("ar", "ar.kind", "arma", "known are yule_walker, gradient, tdnn"),
        ("ar", "ar.level", "line", "known are curve, constant"),
        ("ar", "ar.network.min_scale", 0.0, r"in \[1e-06"),
        ("recurrent", "recurrent.cell", "rnn", "known are elman, jordan, mgu, gru"),
        ("recurrent", "recurrent.label_drop_rate", 1.0, "never shows the network"),
        ("wavenet", "wavenet.taps", 0, r"in \[1, 1000\]"),
        ("transformer", "transformer.positions", "none", "sinusoidal, rotary"),
        ("transformer", "transformer.head_width", 7, "head_width must be even"),
    ],
)
def test_values_of_other_generators_are_refused_by_name(preset, key, value, message):
    config = presets.load(preset)
    config.update_from_flattened_dict({key: value})
    with pytest.raises(ValueError, match=message):
        checks.check_config(config)
