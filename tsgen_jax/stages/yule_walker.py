"""The fitted stage of a linear autoregression: level, order, lags and innovations.

Series of a class are a level (`level`: the mean and deviation of every time point, or
of all) and a stationary vector autoregression about it. The order is the one with the
greatest likelihood of the validation part; lags are then those of all of TRAIN. A
class with few series gets the lags of all classes. With `arma` lags are those of an ARMA,
see `models/arma.py`.
"""

import logging
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.models import arma, linear_ar
from tsgen_jax.recipe import Fitted
from tsgen_jax.runs.limits import INFINITY, Limits

_LOG = logging.getLogger(__name__)
NAME = "yule_walker"


def _faults(config: ConfigDict) -> list[str]:
    """An ARMA of no two numbers."""
    of = tuple(config.ar.arma)
    if not of or (len(of) == 2 and all(type(n) is int and 0 <= n <= 20 for n in of)):
        return []
    return [f"ar.arma={of}: must be () or two whole numbers in [0, 20], (p, q)"]


LIMITS = Limits(
    faults=_faults,
    choices={
        "ar.level": ("curve", "constant"),
        "ar.innovations": ("residuals", "normal"),
    },
    ranges={
        "ar.max_order": (1, 1000),
        "ar.num_residuals": (1, 2**20),
        "ar.min_series": (2, INFINITY),
    },
)
_LARGEST = 2**27  # Numbers of all lags: 512 MiB.
_LEAST = 0.05  # Of a channel's deviation: a time point where all series are equal.


class _Class(NamedTuple):
    """What is known of a class."""

    mean: np.ndarray  # [L, C]
    scale: np.ndarray  # [L, C]
    predictors: linear_ar.Predictors


def make_stage(config: ConfigDict, info: DataInfo) -> Fitted:
    """The stage 'yule_walker' of `config.ar`; weights of Y + 1 classes, the last: all.

    'mean', 'scale' [Y + 1, L, C]; 'lags' [Y + 1, P + 1, P, C, C] and 'factor'
    [Y + 1, P + 1, C, C] as of `linear_ar.Linear`; 'residuals' [Y + 1, R, C], of which
    the first 'num_residuals' [Y + 1] are innovations in deviations, of mean 0.

    Raises:
        ValueError: lags of so many channels are too many numbers.
    """
    settings, num = config.ar, info.num_classes + 1
    top = max_order(settings, info)
    width, length = info.scaled_channels, info.length
    if num * (top + 1) * top * width**2 > _LARGEST:
        raise ValueError(
            f"ar.max_order={settings.max_order} with {width} channels and {num - 1} "
            "classes is too many lags to keep: make ar.max_order smaller."
        )

    def fit(key, dataset, given):
        del given
        order, log_p = _choose_order(settings, dataset, top)
        known = _learn_all(settings, *_series(dataset, ("train", "valid")), num, top)
        rng = np.random.default_rng(np.asarray(jax.random.key_data(key)).tolist())
        x, label = _series(dataset, ("train", "valid"))
        found = []
        for k, of in enumerate(known):
            of = of._replace(predictors=linear_ar.up_to(of.predictors, order))
            rows = x if k == num - 1 else x[label == k]
            found.append(_weights(of, rows, order, settings.num_residuals, rng))
        weights = {name: np.stack([f[name] for f in found]) for name in found[0]}
        return weights, {"order": order, "log_likelihood_by_order": log_p}

    def shape(*of, dtype=jnp.float32):
        return jax.ShapeDtypeStruct((num, *of), dtype)

    return Fitted(
        name=NAME,
        shapes={
            "mean": shape(length, width),
            "scale": shape(length, width),
            "lags": shape(top + 1, top, width, width),
            "factor": shape(top + 1, width, width),
            "residuals": shape(settings.num_residuals, width),
            "num_residuals": shape(dtype=jnp.int32),
        },
        fit=fit,
        say=say,
        about="the Yule-Walker equations are solved",
    )


def max_order(settings: ConfigDict, info: DataInfo) -> int:
    """P: `ar.max_order`, less where series are shorter than three times that."""
    return max(1, min(settings.max_order, info.length // 3))


def say(summary: dict) -> tuple[str, str]:
    """A title and a sentence of the order that was chosen."""
    return "Autoregression", f"It is of order {summary['order']}."


def _series(dataset: Dataset, parts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    x = [dataset.network_data(part)["x"] for part in parts]
    label = [getattr(dataset, f"y_{part}") for part in parts]
    return np.concatenate(x).astype(np.float64), np.concatenate(label)


def _choose_order(settings, dataset, top: int) -> tuple[int, list[float]]:
    """The order of the greatest log-likelihood a value, and that of every order."""
    x, label = _series(dataset, ("train",))
    held, held_label = _series(dataset, ("valid",))
    if len(held) == 0:
        _LOG.info("ar: no validation part; the order is chosen on TRAIN by AIC.")
    known = _learn_all(settings, x, label, dataset.num_classes + 1, top, quiet=True)
    log_p = []
    for order in range(top + 1):
        penalty, total, count = order * x.shape[-1] ** 2, 0.0, 0
        of_x, of_label = (held, held_label) if len(held) else (x, label)
        for k in np.unique(of_label):
            of, rows = known[k], of_x[of_label == k]
            z = (rows - of.mean) / of.scale
            each = linear_ar.log_likelihood(linear_ar.up_to(of.predictors, order), z)
            total += each.sum() - len(z) * np.log(of.scale).sum()
            total -= 0.0 if len(held) else penalty
            count += z.size
        log_p.append(float(total / count))
    order = int(np.argmax(log_p))
    _LOG.info(
        "ar: order %d of at most %d; log-likelihood a value of the %s part: order 0 "
        "%.3f, this one %.3f, the highest %.3f.",
        order,
        top,
        "validation" if len(held) else "training",
        log_p[0],
        log_p[order],
        log_p[-1],
    )
    return order, log_p


def _learn_all(settings, x, label, num, top, quiet=False) -> list[_Class]:
    """Of every class, and of all together; few series are given what all have."""
    all_of_it, few, known = _learn(settings, x, top), [], []
    for k in range(num - 1):
        rows = x[label == k]
        if len(rows) >= settings.min_series:
            known.append(_learn(settings, rows, top))
            continue
        few.append(k)
        own = _level(settings, rows) if len(rows) > 1 else _level(settings, x)
        # The deviations of so few say little: those of all about their classes.
        known.append(_Class(own[0], all_of_it.scale, all_of_it.predictors))
    if few and not quiet:
        _LOG.info(
            "ar: classes %s have under %d series: lags and deviations of all classes.",
            ", ".join(map(str, few)),
            settings.min_series,
        )
    return [*known, all_of_it]


def _learn(settings, x, top) -> _Class:
    mean, scale = _level(settings, x)
    z = (x - mean) / scale
    predictors = linear_ar.solve(linear_ar.autocovariance(z, top))
    if settings.arma:
        process = arma.fit(z, predictors, *settings.arma)
        predictors = linear_ar.solve(arma.autocovariance(process, top))
    return _Class(mean, scale, predictors)


def _level(settings, x):
    """Mean and deviation, [L, C]: of every time point, or the same at all."""
    overall = np.maximum(x.std((0, 1)), 1e-3)
    if settings.level == "constant":
        mean = np.broadcast_to(x.mean((0, 1)), x.shape[1:])
        return mean, np.broadcast_to(overall, x.shape[1:])
    return x.mean(0), np.maximum(x.std(0), _LEAST * overall)


def _weights(of: _Class, x, order, num_residuals, rng) -> dict[str, np.ndarray]:
    """Of one class, as the stage stores them."""
    new = linear_ar.innovations(of.predictors, (x - of.mean) / of.scale)
    new = new[:, min(order, new.shape[1] - 1) :].reshape(-1, new.shape[-1])
    chosen = rng.permutation(len(new))[:num_residuals]
    residuals = np.zeros((num_residuals, new.shape[-1]))
    # Their mean would be added at every time point, and grow.
    residuals[: len(chosen)] = new[chosen] - new[chosen].mean(0)
    made = {
        "mean": of.mean,
        "scale": of.scale,
        "lags": of.predictors.lags,
        "factor": np.linalg.cholesky(of.predictors.errors),
        "residuals": residuals,
    }
    made = {name: np.asarray(value, np.float32) for name, value in made.items()}
    return {**made, "num_residuals": np.int32(len(chosen))}
