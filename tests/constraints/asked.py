"""Rules from keyword arguments, as users give them to the API."""

from ml_collections import ConfigDict

from tsgen_jax.constraints import rules, terms

CHANNELS = ("load", "temp", "rain")


def section(**values) -> ConfigDict:
    nothing = dict.fromkeys(terms.KEYS, "") | {"num_redraws": 3, "redraw_above": 0.1}
    return ConfigDict(nothing | terms.as_texts(values))


def make(channels=CHANNELS, length=10, has_ends=False, **values) -> rules.Rules:
    return rules.make(section(**values), channels, length, has_ends)
