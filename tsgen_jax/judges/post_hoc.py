"""TimeGAN's post-hoc scores: can a small GRU tell, and does it learn to predict?

Yoon et al. 2019, section 5; see stages/post_hoc.py for the networks and for where they
differ from the authors' code. Three traps of the published protocol are the caller's
to avoid: series that overlap, on both sides of a split, leak; scores against the
training series reward memory, so also ask about TEST; and a score says little without
that of real series in place of generated ones.

Intervals hold the sampling error of the series that are tested, for the one network
that was trained: Wilson's of the accuracy, Student's of the mean error. Another split
or other first weights scatter more: repeat with other keys to see it.
"""

from collections.abc import Callable

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.evaluation.measures import intervals
from tsgen_jax.evaluation.measures.arrays import check_alike, check_series
from tsgen_jax.evaluation.scores.score import Score
from tsgen_jax.judges.fit_once import fit_once
from tsgen_jax.judges.stages import post_hoc
from tsgen_jax.training import batches
from tsgen_jax.types import Array, PyTree

_MIN_SERIES = 10  # Of a side: 8 to train on, 2 to test.


def discriminative_score(
    config: ConfigDict, real: Array, generated: Array, key: Array
) -> dict[str, float]:
    """How far a discriminator's held-out accuracy is from a coin's; 0 is best.

    Both sides are cut to the smaller one's number, at random, and split 80 to 20 each.
    Series are scaled by the minimum and maximum of `real`, per channel; generated ones
    may lie outside [0, 1]. A logit of 0 counts as generated.

    Args:
        config: the whole config; `train.discriminator` and `evaluation` are used.
        real: series in original units, float [n, L, C].
        generated: the same, with its own n.
        key: decides the split, the first weights and the batches.

    Returns:
        score: |accuracy - 0.5|, in [0, 0.5]. An accuracy far below 0.5 counts like
            one above, as in the paper.
        low, high: its interval: that of the accuracy, folded at 0.5. It reaches 0
            where the accuracy's interval holds 0.5.
        accuracy, accuracy_real, accuracy_generated: on the test series, shares.
        num_test: test series of both sides together.

    Raises:
        ValueError: not [n, L, C], not finite, different L or C, L below 2, fewer than
            10 series of a side, or a channel of `real` that is constant.
    """
    sides = _check({"real": real, "generated": generated}, _MIN_SERIES)
    scale = _make_scale("real", sides["real"])
    num = min(len(x) for x in sides.values())
    num_train = num * 4 // 5
    key_fit, *keys = jax.random.split(key, 3)
    trained, tested = [], []
    for x, key_side in zip(sides.values(), keys, strict=True):
        rows = np.asarray(jax.random.permutation(key_side, len(x)))[:num]
        trained.append(scale(x[rows[:num_train]]))
        tested.append(scale(x[rows[num_train:]]))
    x = np.concatenate(trained)
    is_real = np.repeat([1, 0], num_train)
    stage, rows = post_hoc.make_discriminator(config, x, is_real)
    why = "Post-hoc score: trains a GRU to tell generated series from real ones"
    why += f" ({2 * num_train} series); its accuracy on others is the score."
    weights = fit_once(stage, rows, config.train.discriminator, key_fit, why)
    logits_fn = post_hoc.make_logits_fn(post_hoc.make_model(config, x.shape[-1]))
    logits = [_per_series(config, logits_fn, weights, x) for x in tested]
    hits = (logits[0] > 0).astype(float), (logits[1] <= 0).astype(float)
    accuracies = [float(h.mean()) for h in hits]
    accuracy = float(np.mean(accuracies))
    # Both sides have as many series: their mean is the share of all hits.
    num_test, level = 2 * (num - num_train), config.evaluation.level
    low, high = fold(*intervals.wilson(accuracy, num_test, level))
    return {
        "score": abs(accuracy - 0.5),
        "low": low,
        "high": high,
        "accuracy": accuracy,
        "accuracy_real": accuracies[0],
        "accuracy_generated": accuracies[1],
        "num_test": num_test,
    }


def predictive_score(
    config: ConfigDict,
    train_on: Array,
    test_on: Array,
    reference: Array,
    key: Array,
) -> dict[str, float]:
    """Error of a one-step predictor trained on one set and tested on another.

    The last channel at t + 1 from the other channels up to t, for every t; a single
    channel from itself. Lower is better; the number to compare with is that of real
    series as `train_on`. The predictor cannot leave [0, 1], the range of `reference`:
    what test series have outside it stays as error.

    Args:
        config: the whole config; `train.predictor` and `evaluation` are used.
        train_on: series in original units, float [n, L, C]; generated ones, say.
        test_on: the same, with its own n; real TEST, say.
        reference: the same, real TRAIN: what 1 means in each channel.
        key: decides the first weights and the batches.

    Returns:
        score: mean absolute error over series and times, in ranges of `reference`.
        low, high: its interval over test series.
        num_test: test series.

    Raises:
        ValueError: not [n, L, C], not finite, different L or C, L below 2, fewer than
            10 series to train on or to test, or a constant channel of `reference`.
    """
    sets = _check({"train_on": train_on, "test_on": test_on}, _MIN_SERIES)
    reference = check_series("reference", reference, 1)
    check_alike("train_on and reference", sets["train_on"].shape, reference.shape)
    scale = _make_scale("reference", reference)
    x, x_test = scale(sets["train_on"]), scale(sets["test_on"])
    stage, rows = post_hoc.make_predictor(config, x)
    why = f"Post-hoc score: trains a GRU on {len(x)} series to predict the next value;"
    why += " its error on TEST is the score."
    weights = fit_once(stage, rows, config.train.predictor, key, why)
    errors_fn = post_hoc.make_errors_fn(post_hoc.make_model(config, x.shape[-1]))
    errors = _per_series(config, errors_fn, weights, x_test)
    low, high = intervals.student(errors, config.evaluation.level)
    score = float(errors.mean())
    return {"score": score, "low": low, "high": high, "num_test": len(errors)}


def scores(
    config: ConfigDict, x_test: Array, x_samples: Array, x_train: Array
) -> tuple[list[Score], list[str]]:
    """Both scores of samples against TEST, with TRAIN in their place as floor.

    Returns:
        scores, and what is left out and why: sets of fewer than 10 series, and
        channels that are constant, have none.
    """
    try:
        _check({"TEST": x_test, "samples": x_samples}, _MIN_SERIES)
        _check({"TEST": x_test, "TRAIN": x_train}, _MIN_SERIES)
        _make_scale("TEST", np.asarray(x_test, float))
        _make_scale("TRAIN", np.asarray(x_train, float))
    except ValueError as error:
        return [], [f"No post-hoc scores: {error}"]

    def key(number):  # Made anew: samples and TRAIN get the same first weights.
        return jax.random.fold_in(jax.random.key(seed), number)

    pair, seed = (x_samples, x_train), config.evaluation.seed
    tell = [discriminative_score(config, x_test, x, key(0)) for x in pair]
    few = min(map(len, pair))  # To train on: more would be an advantage.
    predict = [
        predictive_score(config, x[_rows(len(x), few, seed)], x_test, x_train, key(1))
        for x in pair
    ]
    hidden = post_hoc.make_model(config, np.shape(x_test)[2]).hidden
    one = "; one channel: our variant" if np.shape(x_test)[2] == 1 else ""
    network = f"GRU of width {hidden} (TimeGAN{one})"
    said = (
        f"|accuracy - 0.5| of a {network} that tells samples from TEST, on "
        f"{tell[0]['num_test']} held-out series (TRAIN: {tell[1]['num_test']}).",
        f"Mean absolute error on TEST, in its range, of a {network} trained on {few} "
        "samples (or TRAIN series) to predict the next value.",
    )
    rows = [
        Score(
            name=name,
            judge="gru",
            value=value["score"],
            low=value["low"],
            high=value["high"],
            floors={"TRAIN": floor["score"]},
            better="lower",
            ideal=ideal,
            note=note,
            group="post_hoc",
        )
        for name, (value, floor), ideal, note in (
            ("discriminative_score", tell, 0.0, said[0]),
            ("predictive_score", predict, None, said[1]),
        )
    ]
    return rows, []


def _rows(num: int, few: int, seed: int) -> np.ndarray:
    """`few` of `num` rows at random, in order."""
    return np.sort(np.random.default_rng(seed).permutation(num)[:few])


def fold(low: float, high: float) -> tuple[float, float]:
    """The interval of |a - 0.5| where that of an accuracy `a` is [low, high].

    All values that |a - 0.5| takes in it: from 0 where it holds 0.5. Folding every
    resample instead would leave 0 out for the very accuracy 0.5.
    """
    ends = sorted((abs(low - 0.5), abs(high - 0.5)))
    return (0.0 if low <= 0.5 <= high else ends[0]), ends[1]


def _check(sets: dict[str, Array], num_rows: int) -> dict[str, np.ndarray]:
    """The two `sets` as float64, alike and long enough."""
    sets = {name: check_series(name, x, num_rows) for name, x in sets.items()}
    check_alike(" and ".join(sets), *(x.shape for x in sets.values()))
    name, x = next(iter(sets.items()))
    if x.shape[1] < 2:
        raise ValueError(f"{name} has L=1; post-hoc scores need 2 time points or more.")
    return sets


def _make_scale(name: str, x: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Maps the range of each channel of `x` to [0, 1], in float32."""
    low, high = x.min((0, 1)), x.max((0, 1))
    constant = np.flatnonzero(high - low <= 0)
    if len(constant):
        raise ValueError(
            f"Channel {constant[0]} of {name} is constant ({low[constant[0]]}): it "
            "has no range to scale by. Leave it out."
        )

    return lambda series: ((series - low) / (high - low)).astype(np.float32)


def _per_series(
    config: ConfigDict, fn: post_hoc.SeriesFn, weights: PyTree, x: np.ndarray
) -> np.ndarray:
    """`fn` of every series of `x`, float64 [n]."""
    fn, size = jax.jit(fn), config.evaluation.batch_size
    rows = batches.map_batches(lambda batch: fn(weights, batch), {"x": x}, size)
    return rows.astype(np.float64)
