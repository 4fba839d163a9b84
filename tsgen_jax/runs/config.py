"""Values of a config changed by hand, by dotted key.

One way behind `--set`, `--config.KEY=VALUE`, `fit(changes=...)` and `load(settings=...)`.
"""

import ast
from typing import Any

from ml_collections import ConfigDict

from tsgen_jax.constraints import terms
from tsgen_jax.suggest import did_you_mean


class Text(str):
    """A value as it was typed; what it means depends on the value it takes the place of."""


def parse(pairs: list[str], option: str) -> dict[str, Text]:
    """KEY=VALUE texts as changes for `override`.

    Raises:
        ValueError: no '=' in a text; names the option that it was given to.
    """
    changes = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{option}{pair}: write KEY=VALUE.")
        changes[key] = Text(value)
    return changes


def override(
    config: ConfigDict, changes: dict[str, Any], sections: tuple[str, ...]
) -> None:
    """Sets values by dotted key in some sections of a locked config.

    Their ranges are for `checks.check_config` to check.

    Args:
        config: changed in place.
        changes: dotted key -> value: as in the config, a NumPy number, or `Text`.
        sections: whose values may change.

    Raises:
        ValueError: an unknown key, another section, or a wrong type.
    """
    for key, value in changes.items():
        *path, last = key.split(".")
        section = config
        for part in path:
            section = section[part] if _has(section, part) else ConfigDict()
        if not _has(section, last):
            known = ", ".join(sorted(section) if hasattr(section, "keys") else ())
            ends = [name for name in keys(config) if name.endswith(f".{key}")]
            hint = did_you_mean(ends[0] if ends else key, keys(config))
            raise ValueError(
                f"Unknown key {key!r}.{hint} Known there: {known or 'none'}."
            )
        if (path or [last])[0] not in sections:
            raise ValueError(f"{key}: only {', '.join(sections)} can change here.")
        if hasattr(section[last], "keys"):
            raise ValueError(f"{key} is a section: write {key}.KEY.")
        if path == ["constraints"]:
            value = terms.as_texts({last: _literal(value)})[last]
        try:
            section[last] = _like(section[last], value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{key}={_literal(value)!r}: {error}") from error


def keys(section, prefix: str = "") -> list[str]:
    """Dotted keys of all values of a config, in its order."""
    found = []
    for key, value in section.items():
        path = f"{prefix}{key}"
        found += keys(value, f"{path}.") if hasattr(value, "keys") else [path]
    return found


def _has(section, key: str) -> bool:
    return hasattr(section, "keys") and key in section


def _literal(value):
    """What a `Text` is in Python, else the text as it is."""
    if not isinstance(value, Text):
        return value
    try:
        return ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return str(value)


def _like(old, value):
    """`value` in the type of `old`; ValueError where something would be lost."""
    if isinstance(value, Text):
        if isinstance(old, str):  # 007 and 1e5 are texts as well.
            return _unquoted(value)
        if isinstance(old, bool) and value.lower() in ("true", "false"):
            return value.lower() == "true"
    value = _literal(value)
    value = value.item() if hasattr(value, "dtype") and value.ndim == 0 else value
    if isinstance(old, tuple | list) and not isinstance(value, tuple | list):
        raise ValueError("it must be a tuple, such as (1, 2) or (1,).")
    try:
        made = type(old)(value)
    except (TypeError, ValueError):
        raise ValueError(f"it must be like {old!r}.") from None
    if isinstance(old, bool) and not isinstance(value, bool):
        raise ValueError("write True or False.")
    if isinstance(old, int) and isinstance(value, float) and made != value:
        raise ValueError("it must be a whole number.")
    return made


def _unquoted(text: Text) -> str:
    """'' and 'a' as Python's literals, all else as it stands."""
    found = _literal(text)
    return found if isinstance(found, str) else str(text)
