"""Values of a config changed by hand, by dotted key."""

from typing import Any

from ml_collections import ConfigDict

from tsgen_jax.constraints import terms
from tsgen_jax.suggest import did_you_mean


def override(
    config: ConfigDict, changes: dict[str, Any], sections: tuple[str, ...]
) -> None:
    """Sets values by dotted key in some sections of a locked config.

    Their ranges are for `checks.check_config` to check.

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
            value = terms.as_texts({last: value})[last]
        try:
            section[last] = _like(section[last], value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{key}={value!r}: {error}") from error


def keys(section, prefix: str = "") -> list[str]:
    """Dotted keys of all values of a config, in its order."""
    found = []
    for key, value in section.items():
        path = f"{prefix}{key}"
        found += keys(value, f"{path}.") if hasattr(value, "keys") else [path]
    return found


def _has(section, key: str) -> bool:
    return hasattr(section, "keys") and key in section


def _like(old, value):
    """`value` in the type of `old`; ValueError where something would be lost."""
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
