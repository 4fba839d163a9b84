"""Vector quantisers: a file each, with `make` and `faults`; `quantizer.kind` names it.

The interface is `base.Quantizer`.
"""

from ml_collections import ConfigDict

from tsgen_jax.nn.quantizers import ema, fsq, residual
from tsgen_jax.nn.quantizers.base import GRADIENTS, Quantizer, squared_distances, usage

__all__ = ["CHOICES", "NAMES", "RANGES", "Quantizer", "faults", "make"]
__all__ += ["squared_distances", "usage"]

_KINDS = {"ema": ema, "fsq": fsq, "residual": residual}
NAMES = tuple(_KINDS)
CHOICES = {"kind": NAMES, "gradient": GRADIENTS, "init": ema.INITS}
_INFINITY = float("inf")
RANGES = {
    "num_codes": (2, 2**20),
    "decay": (0, 1 - 1e-9),
    "commitment_weight": (0, _INFINITY),
    "revive_below": (0, 1),
    "depth": (1, 64),
}


def make(settings: ConfigDict, width: int) -> Quantizer:
    """The quantiser of `config.quantizer` for latents of this width.

    Its codes may be narrower than that: `Quantizer.width`.

    Raises:
        ValueError: no quantiser has that name; lists the known ones.
    """
    if settings.kind not in _KINDS:
        raise ValueError(
            f"Unknown quantizer.kind {settings.kind!r}; known: {', '.join(NAMES)}."
        )
    return _KINDS[settings.kind].make(settings, width)


def faults(config: ConfigDict) -> list[str]:
    """Values that are each fine and together senseless, for the kind that is chosen."""
    kind = _KINDS.get(config.quantizer.kind)
    return kind.faults(config) if kind else []
