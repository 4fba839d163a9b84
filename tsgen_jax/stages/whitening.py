"""Series to uncorrelated numbers of deviation 1, by class: measured, not trained.

A flow that gets these starts at normal noise with TRAIN's mean and covariance in each
class, and has only to learn what is not normal. Where a class has few series, its
covariance is drawn to that of all classes about their means; and all to one that is
diagonal in the cosine transform, which smooth series nearly have. D = L * C', ordered
by variance. Shapes: n series, Y classes.
"""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.fft

from tsgen_jax.data.info import DataInfo
from tsgen_jax.recipe import Fitted, part_of
from tsgen_jax.types import Array, PyTree

NAME = "whitening"
_EPS = 1e-6  # Of the mean variance: what is constant keeps so much.
MAX_DIM = 4096  # D of which [D, D] is solved in a minute.
_MAX_VALUES = 2**25  # Of matrices of all classes; above, one is shared.


def make_whitening(info: DataInfo, shrinkage: float, class_weight: float) -> Fitted:
    """The stage 'whitening' for series like these.

    Args:
        info: of the series.
        shrinkage: weight of the covariance that is diagonal in the cosine transform.
        class_weight: series that the shared covariance counts as in that of a class.
    """
    dim, classes = info.length * info.scaled_channels, info.num_classes
    own = classes if classes * dim**2 <= _MAX_VALUES else 1

    def fit(key, dataset, given):
        del key, given
        part = part_of(dataset, "train")
        mean = class_means(part.x.reshape(len(part.x), -1), part.label, classes)
        each = [mean, *matrices(part.x, part.label, mean, own, shrinkage, class_weight)]
        names = ("mean", "to_noise", "to_series", "log_det")
        weights = {
            k: np.asarray(v, np.float32) for k, v in zip(names, each, strict=True)
        }
        return weights, {"log_det": [float(v) for v in each[3]]}

    shapes = {
        "mean": (classes, dim),
        "to_noise": (own, dim, dim),
        "to_series": (own, dim, dim),
        "log_det": (own,),
    }
    return Fitted(
        name=NAME,
        shapes={k: jax.ShapeDtypeStruct(s, jnp.float32) for k, s in shapes.items()},
        fit=fit,
        about="mean and covariance of each class are measured",
    )


def class_means(x: np.ndarray, label: np.ndarray, num_classes: int) -> np.ndarray:
    """float64 [Y, D] of series [n, D]; of a class without series that of all."""
    x = np.asarray(x, np.float64)
    of = [x[label == k] for k in range(num_classes)]
    return np.stack([(rows if len(rows) else x).mean(0) for rows in of])


def matrices(
    x: np.ndarray,
    label: np.ndarray,
    mean: np.ndarray,
    own: int,
    shrinkage: float,
    class_weight: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """From series to uncorrelated numbers and back.

    Args:
        x: scaled, float [n, L, C'].
        label: int [n].
        mean: of each class, [Y, D].
        own: Y, or 1 where classes share a matrix.
        shrinkage: see `make_whitening`.
        class_weight: see `make_whitening`.

    Returns:
        [own, D, D] with u = (x - mean) @ to_noise, its inverse, and log |det| [own].
    """
    rest = np.asarray(x, np.float64).reshape(len(x), -1) - mean[label]
    freedom = max(len(rest) - len(np.unique(label)), 1)
    smooth = _diagonal_in_cosines(rest.reshape(x.shape), freedom)
    shared = (1 - shrinkage) * (rest.T @ rest) / freedom + shrinkage * smooth
    variance, axes = np.linalg.eigh(shared)
    least = max(_EPS * variance.mean(), np.finfo(np.float32).tiny)
    deviation = np.sqrt(np.maximum(variance[::-1], least))
    axes = axes[:, ::-1]
    roots = [np.eye(len(axes))] * own
    if own > 1:
        u = rest @ (axes / deviation)
        roots = [_root(u[label == k], shrinkage, class_weight) for k in range(own)]
    to_series = np.stack([root @ (axes * deviation).T for root in roots])
    to_noise = np.stack([(axes / deviation) @ np.linalg.inv(root) for root in roots])
    return to_noise, to_series, np.linalg.slogdet(to_noise)[1]


def _diagonal_in_cosines(rest: np.ndarray, freedom: int) -> np.ndarray:
    """[D, D]: each channel's variances of the cosine transform, and nothing else."""
    _, length, channels = rest.shape
    cosines = scipy.fft.dct(np.eye(length), norm="ortho", axis=0)  # [frequency, time]
    power = (np.einsum("ft,ntc->nfc", cosines, rest) ** 2).sum(0) / freedom
    found = np.zeros((length, channels, length, channels))
    for c in range(channels):
        found[:, c, :, c] = cosines.T @ (power[:, c, None] * cosines)
    return found.reshape(length * channels, -1)


def _root(u: np.ndarray, shrinkage: float, class_weight: float) -> np.ndarray:
    """Symmetric root of a class's covariance, where that of all is the identity."""
    one, num = np.eye(u.shape[1]), len(u)
    if num < 2:
        return one
    own = (1 - shrinkage) * (u.T @ u) / (num - 1) + shrinkage * one
    weight = num / (num + class_weight)
    variance, axes = np.linalg.eigh(weight * own + (1 - weight) * one)
    return (axes * np.sqrt(np.maximum(variance, _EPS))) @ axes.T


def whiten(weights: PyTree, x: Array, label: Array) -> np.ndarray:
    """Scaled series [n, L, C'] and classes in [0, Y) -> float32 [n, D], on the host."""
    weights = jax.tree.map(lambda a: np.asarray(a, np.float64), dict(weights))
    rest = np.asarray(x, np.float64).reshape(len(x), -1) - weights["mean"][label]
    found = np.zeros_like(rest)
    place = _place(weights, np.asarray(label))
    for k in np.unique(place):
        found[place == k] = rest[place == k] @ weights["to_noise"][k]
    return found.astype(np.float32)


def colour(weights: PyTree, u: Array, label: Array) -> jax.Array:
    """The inverse of `whiten`, traced: [B, D] -> [B, D]."""
    return apply(weights["to_series"], u, label) + weights["mean"][label]


def apply(matrices: Array, u: Array, label: Array) -> jax.Array:
    """Traced: [B, D] by the matrix of its class, of [Y, D, D] or of one for all."""
    exact = jax.lax.Precision.HIGHEST
    # By all matrices, and then the right one: a matrix per row would fill memory.
    every = jnp.einsum("bd,kde->kbe", u, matrices, precision=exact)
    return every[label % len(matrices), jnp.arange(u.shape[0])]


def log_det(weights: PyTree, label: Array) -> np.ndarray:
    """log |det| of `whiten`, float64 [n]."""
    place = _place(weights, np.asarray(label))
    return np.asarray(weights["log_det"], np.float64)[place]


def _place(weights: PyTree, label: Array) -> Array:
    """Of a class among the matrices."""
    return label % len(weights["log_det"])  # One for all: 0.
