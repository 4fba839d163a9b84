"""The evaluated augmentations, one series at a time in NumPy, on the host.

As the published code works (NC-VQVAE, https://arxiv.org/abs/2408.16613), less its
needless STFT round trip, which more than doubles the time. Series are [C, L].
"""

import numpy as np


def gaussian_noise(rng, x, scale: float):
    """Adds N(0, scale^2) to every value."""
    return x + scale * rng.standard_normal(x.shape)


def slice_and_shuffle(rng, x, num_segments: int):
    """Cuts into segments, joins them in random order."""
    cuts = np.sort(rng.integers(x.shape[1], size=num_segments - 1))
    segments = np.split(x, cuts, axis=1)
    return np.concatenate([segments[i] for i in rng.permutation(num_segments)], axis=1)


def _resample(x, length: int):
    """Linear, end points on end points."""
    old, new = np.arange(x.shape[1]), np.linspace(0, x.shape[1] - 1, length)
    return np.stack([np.interp(new, old, channel) for channel in x])


def warp_at(x, start: int, window: int, scale: float):
    """Stretches the window by `scale`, squeezes the whole back to its length."""
    stretched = _resample(x[:, start : start + window], int(window * scale))
    parts = [x[:, :start], stretched, x[:, start + window :]]
    return _resample(np.concatenate(parts, axis=1), x.shape[1])


def window_warp(rng, x, window_ratio: float, min_scale: float, max_scale: float):
    """`warp_at` a random place by a random factor."""
    window = round(window_ratio * x.shape[1])
    start = rng.integers(max(x.shape[1] - window, 1))
    return warp_at(x, start, window, rng.uniform(min_scale, max_scale))


def amplitude_resize(rng, x, scale: float):
    """Multiplies by one 1 + N(0, scale^2)."""
    return x * (1 + scale * rng.standard_normal())


def flip(rng, x):
    """Reverses time; draws nothing."""
    del rng
    return x[:, ::-1]


_SETS = {
    "gauss": (gaussian_noise,),
    "slice": (slice_and_shuffle,),
    "warp": (window_warp, amplitude_resize),
    "flip": (flip,),
}


def augment(rng: np.random.Generator, x: np.ndarray, config: dict) -> np.ndarray:
    """`config.augment` applied to one series [C, L]; float32 [C, L].

    Raises:
        ValueError: a name that only tsgen_jax has.
    """
    for name in config["names"].split("+"):
        if name not in _SETS:
            raise ValueError(
                f"augment.names={config['names']}: the NumPy side knows "
                f"{', '.join(_SETS)}."
            )
        for function in _SETS[name]:
            x = function(rng, x, **config[function.__name__])
    return np.ascontiguousarray(x, dtype=np.float32)
