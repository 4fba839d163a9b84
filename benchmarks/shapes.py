"""Sizes of data sets to measure at, and series of such a size."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Shape:
    """Training series: `num` of them, `length` L, `channels` C, `classes` Y."""

    num: int
    length: int
    channels: int
    classes: int


SHAPES = {
    "forda": Shape(3601, 500, 1, 2),
    "ecg5000": Shape(500, 140, 1, 5),
    "gunpoint": Shape(50, 150, 1, 2),
    "synthetic_control": Shape(300, 60, 1, 6),
    "tiny": Shape(32, 71, 1, 2),
}


def parse(text: str) -> tuple[str, Shape]:
    """A name of `SHAPES`, or 'n,L,C,Y': (slug for file names, shape).

    Raises:
        ValueError: neither; lists the known names.
    """
    if text in SHAPES:
        return text, SHAPES[text]
    parts = text.split(",")
    if len(parts) != 4 or not all(p.isdigit() and int(p) > 0 for p in parts):
        raise ValueError(
            f"Unknown shape {text!r}; known: {', '.join(SHAPES)}, or four numbers "
            "above 0, n,L,C,Y, such as 3601,500,1,2."
        )
    return "x".join(parts), Shape(*map(int, parts))


def make_series(shape: Shape) -> np.ndarray:
    """Noisy sines of mean 0 and about variance 1, float32 [n, L, C]; always the same.

    Nothing that is measured depends on what the series show.
    """
    rng = np.random.default_rng(0)
    time = np.arange(shape.length)[None, :, None] / shape.length
    size = (shape.num, 1, shape.channels)
    phase = 2 * np.pi * (rng.uniform(1, 8, size) * time + rng.uniform(0, 1, size))
    noise = rng.normal(size=(shape.num, shape.length, shape.channels))
    return (np.sqrt(1.8) * np.sin(phase) + np.sqrt(0.1) * noise).astype(np.float32)


def make_tokens(shape: Shape, num_tokens: int, num_codes: int) -> dict[str, np.ndarray]:
    """What stage 2 learns from: 'tokens' int32 [n, N] and 'label' int32 [n]."""
    rng = np.random.default_rng(1)
    tokens = rng.integers(num_codes, size=(shape.num, num_tokens))
    label = rng.integers(shape.classes, size=shape.num)
    return {"tokens": tokens.astype(np.int32), "label": label.astype(np.int32)}
