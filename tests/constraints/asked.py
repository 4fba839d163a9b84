"""Rules from keyword arguments, as users give them to the API."""

import types

from ml_collections import ConfigDict

from tsgen_jax.constraints import rules, terms

CHANNELS = ("load", "temp", "rain")


def section(**values) -> ConfigDict:
    nothing = dict.fromkeys(terms.KEYS, "") | {"num_redraws": 3, "redraw_above": 0.1}
    return ConfigDict(nothing | terms.as_texts(values))


def make(channels=CHANNELS, length=10, has_ends=False, **values) -> rules.Rules:
    info = types.SimpleNamespace(
        channel_names=channels, length=length, has_ends=has_ends
    )
    return rules.make(section(**values), info)
