"""How far PyTorch's outputs are from those expected, in words of numbers."""

import numpy as np
import torch


def difference(found: torch.Tensor, expected: np.ndarray) -> dict:
    """Largest absolute difference, and relative to the largest value expected.

    Of whole numbers (tokens): how many differ, and their share.

    Raises:
        ValueError: the shapes differ.
    """
    found = found.detach().numpy()
    if found.shape != expected.shape:
        raise ValueError(f"{found.shape} in place of {expected.shape}.")
    if expected.dtype.kind in "iu":
        wrong = found != expected
        return {"tokens_that_differ": int(wrong.sum()), "of": int(wrong.size)}
    worst = float(np.abs(found - expected).max())
    size = float(np.abs(expected).max())
    return {"absolute": worst, "relative": worst / size if size else worst}


def compare(found: dict, expected: dict) -> dict:
    """Name -> `difference` of everything expected.

    Raises:
        ValueError: something is missing, or has another shape.
    """
    rows = {}
    for name, value in expected.items():
        if name not in found:
            raise ValueError(f"TimeVQVAE's side has no {name!r}.")
        try:
            rows[name] = difference(found[name], value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return rows


def last(u: torch.Tensor) -> torch.Tensor:
    """Channels last: [B, C, F, T] or [B, C, L]."""
    return u.movedim(1, -1)


class most_probable:  # noqa: N801 - a context manager.
    """`Categorical.sample` gives the most probable value."""

    def __enter__(self):
        self.kind = torch.distributions.categorical.Categorical
        self.sample = self.kind.sample
        self.kind.sample = lambda drawn: drawn.logits.argmax(-1)

    def __exit__(self, *_):
        self.kind.sample = self.sample
