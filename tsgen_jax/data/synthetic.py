"""Small labelled series for tests and smoke runs that need no files.

Class k of Y is a sine of k + 1 periods plus a bump at share (k + 1) / (Y + 1) of
the series, both moved a little in phase, and noise. Channel c is 1 / (c + 1) as
high as channel 0 and lies c higher, so that scales and offsets differ.
"""

import numpy as np

from tsgen_jax.data.sources.archive import RawSet

_JITTER = 0.02  # Of the length, standard deviation of a series' shift in time.
_BUMP_WIDTH = 0.05  # Of the length.
_NOISE = 0.1  # Standard deviation; the sine and the bump have height 1 and 2.


def make_shapes(
    seed: int, num_series: int, length: int, num_channels: int, num_classes: int
) -> RawSet:
    """Makes TRAIN and TEST of `num_series` series each, classes in equal shares.

    Args:
        seed: of everything random; equal arguments give equal series.
        num_series: in TRAIN and in TEST each; at least `num_classes`.
        length: time points L of a series.
        num_channels: channels C.
        num_classes: classes Y, labelled '0' to 'Y - 1'.

    Raises:
        ValueError: a count below 1, or more classes than series.
    """
    if min(num_series, length, num_channels, num_classes) < 1:
        raise ValueError(
            "num_series, length, num_channels and num_classes must be at least 1, got "
            f"{num_series}, {length}, {num_channels} and {num_classes}."
        )
    if num_series < num_classes:
        raise ValueError(f"{num_series} series cannot show {num_classes} classes.")
    generator = np.random.default_rng(seed)
    labels = np.arange(num_series) % num_classes
    parts = []
    for _ in ("train", "test"):
        shift = _JITTER * generator.standard_normal((num_series, 1))
        time = np.arange(length)[None, :] / length + shift  # [n, L], in series.
        place = (labels[:, None] + 1) / (num_classes + 1)
        shape = np.sin(2 * np.pi * (labels[:, None] + 1) * time)
        shape += 2 * np.exp(-(((time - place) / _BUMP_WIDTH) ** 2) / 2)
        noise = generator.standard_normal((num_series, length, num_channels))
        channel = np.arange(num_channels)[None, None, :]
        x = (shape[:, :, None] + _NOISE * noise) / (channel + 1) + channel
        parts += [x, labels.astype(str)]
    return RawSet("shapes", *parts, f"synthetic, seed {seed}")
