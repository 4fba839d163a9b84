"""What a tokenizer and its priors show: filters, and what is read of which token."""

import functools
import math
from typing import Any

import jax
import numpy as np

from tsgen_jax.models import attention, first_layer, vqvae
from tsgen_jax.models.coder import of_band
from tsgen_jax.models.prior import Prior
from tsgen_jax.shown import Attention, Filters, View
from tsgen_jax.types import Array, PyTree

_SHOWN_SHARE = 0.5  # Of the tokens, where a prior is asked for the others.


def views(of: Any, key: Array, x: Array, label: Array) -> dict[str, View]:
    """Filters and attention of every band, see `shown.Shows`.

    Args:
        of: a `tokens.TokenGenerator`.
        key: decides which tokens are masked.
        x: series in original units, float [n, L, C].
        label: int [n] in [0, Y).
    """
    found, before = {}, None
    tokens = of.coder.split(of.encode(x))
    names = tuple(of.info.classes[k] for k in label)
    for number, (band, model) in enumerate(of.coder.models.items()):
        end, words = (f"_{band}", f" of the {band} band") if band else ("", "")
        weights = of_band(of.tokenizer_weights, band)
        found[f"filters{end}"] = Filters(
            f"the encoder's first convolution{words}, with the STFT before it",
            filters_of(model, weights),
        )
        network, own = of.programs.priors[band], of.prior_weights[band]
        mine = jax.random.fold_in(key, number)
        read = functools.partial(_read, network, own, mine, before, label)
        layers, what, breaks = read(tokens[band], model.map_shape)
        found[f"attention{end}"] = Attention(
            layers, x, names, f"What the prior{words} reads {what}", "token", 0, breaks
        )
        both = (part for part in (before, tokens[band]) if part is not None)
        before = np.concatenate([*both], axis=-1)
    return found


def filters_of(model: vqvae.AutoEncoder, weights: PyTree) -> np.ndarray:
    """Those of the encoder at all frequencies, float [F width, taps, C']."""
    variables = {name: weights[name] for name in ("params", "batch_stats")}
    layer = "encoder", "Conv_0"

    def first(x):
        u = model.to_map(x)
        of = variables, layer, u
        z = first_layer.output(model, *of, train=False, method="encode")
        return z.swapaxes(1, 2)  # Frames first.

    return first_layer.filters(first, model.length, model.channels)


def _read(network: Prior, weights: PyTree, key, before, label, tokens, map_shape):
    """Layers, what they are of in words, and where a bin of frequencies ends."""
    count = math.prod(map_shape)
    seen = tokens
    if not network.causal:
        shown = jax.random.uniform(key, tokens.shape) < _SHOWN_SHARE
        seen = np.where(shown, tokens, network.num_codes)
    given = seen if before is None else np.concatenate([before, seen], axis=-1)
    codes = {k: weights[k] for k in ("codes", "context_codes") if k in weights}
    variables = {"params": weights["params"]}
    layers = attention.weights(network, variables, given, label, train=False, **codes)
    if network.causal:
        # At the place of a token stands what says the next one; the class stands first.
        layers = {k: w[:, :count, 1:] for k, w in layers.items()}
        what = "of the tokens before one, in time, to say what it is."
        breaks = ()
    else:
        layers = {k: w[:, 1:, 1:] for k, w in layers.items()}
        what = "of each token while half of them, drawn at random, are masked."
        breaks = tuple(range(0, count, map_shape[1]))
    share = 1 - np.mean([w.sum(-1).mean() for w in layers.values()])
    what += f" Left out: the class, which has {share:.0%} of the weight."
    return layers, what + " Mean over heads.", breaks
