"""What a user writes about constraints: texts of the config, values of the API.

A text is one value for all channels (`0`), or a value by channel (`load=0,temp=-40`);
a JSON object where a channel's name has a comma or an equals sign. The API takes dicts
(`{"min": {"load": 0}}`), which become such texts: the config holds texts only.
"""

import json
import math
from typing import Any

from ml_collections import ConfigDict

BOUNDS = ("min", "max")
SETS = ("nonnegative", "integer")
KEYS = (*BOUNDS, *SETS, "monotone", "sum_to")
DIRECTIONS = ("increasing", "decreasing")
ALL = "all"
OVER_TIME = "time:"  # Before a sum over the time points of a channel.


def parse(key: str, text: str) -> dict[str, Any]:
    """Channel -> value; the channel `ALL` stands for every one.

    Args:
        key: one of `KEYS`.
        text: of the config; '': nothing.

    Returns:
        For bounds and `sum_to` a finite float, for sets True, for `monotone` one of
        `DIRECTIONS`. A term of `sum_to` may begin with 'time:'.

    Raises:
        ValueError: it cannot be read; the message names key and value.
    """
    text = text.strip()
    if not text:
        return {}
    if text.startswith("{"):
        return _of_json(key, text)
    found = {}
    for part in text.split(","):
        channel, value = _divide(key, part.strip())
        if channel in found:
            raise ValueError(f"constraints.{key}={text!r} names {channel} twice.")
        found[channel] = _read(key, channel, value)
    return found


def as_texts(values: dict[str, Any]) -> dict[str, Any]:
    """Key of config.constraints -> its value, from what the API is given.

    Args:
        values: by key of config.constraints. A number, a word, a dict by channel name
            or number, a list of channels, or True; None and False mean nothing.

    Raises:
        ValueError: an unknown key, or a value that cannot be read.
    """
    if not isinstance(values, dict):
        raise ValueError(
            f"constraints must be a dict such as {{'min': 0}}, not {values!r}."
        )
    known = (*KEYS, "num_redraws", "redraw_above")
    unknown = [str(key) for key in values if key not in known]
    if unknown:
        raise ValueError(
            f"constraints: unknown {', '.join(unknown)}; known are {', '.join(known)}."
        )
    return {k: _as_text(k, v) if k in KEYS else v for k, v in values.items()}


def _as_text(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True and key in SETS:
        return ALL
    if isinstance(value, list | tuple) and key in SETS:
        value = dict.fromkeys(value, True)
    if isinstance(value, dict):
        names = {str(name): v for name, v in value.items()}
        plain = {k: v if isinstance(v, str) else _number(v) for k, v in names.items()}
        text = json.dumps(plain)
    else:
        text = str(value)
    parse(key, text)  # Its errors, at once.
    return text


def _number(value: Any) -> Any:
    """NumPy's numbers as Python's, which JSON can hold."""
    return value.item() if hasattr(value, "item") else value


def _of_json(key: str, text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ValueError(f"constraints.{key}={text!r} is no JSON: {error}") from None
    return {name: _read(key, name, value) for name, value in values.items()}


def _divide(key: str, part: str) -> tuple[str, str]:
    """A term's channel, or `ALL`, and its value."""
    if key in SETS:
        return part, ""
    over = OVER_TIME if key == "sum_to" and part.startswith(OVER_TIME) else ""
    channel, equals, value = part[len(over) :].rpartition("=")
    return over + (channel.strip() if equals else ALL), value.strip()


def _read(key: str, channel: str, value: Any):
    shown = value if channel == ALL else f"{channel}={value}"
    if not channel or channel == OVER_TIME:
        raise ValueError(
            f"constraints.{key} has {shown!r}, without a channel: write {_EXAMPLE[key]}."
        )
    if key in SETS:
        if value in ("", True):
            return True
        raise ValueError(
            f"constraints.{key} has {channel}={value!r}: write {_EXAMPLE[key]}."
        )
    if key == "monotone":
        if value in DIRECTIONS:
            return value
        raise ValueError(
            f"constraints.monotone has {shown!r}: it must be increasing or decreasing, "
            f"such as {_EXAMPLE[key]}."
        )
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(
            f"constraints.{key} has {shown!r}, which is no finite number: write "
            f"{_EXAMPLE[key]}."
        )
    return number


_EXAMPLE = {
    "min": "a number for all channels (0), or by channel (load=0,temp=-40)",
    "max": "a number for all channels (1), or by channel (load=50,temp=60)",
    "nonnegative": "all, or names of channels (load,rain)",
    "integer": "all, or names of channels (count,visits)",
    "monotone": "increasing or decreasing, or by channel (meter=increasing)",
    "sum_to": "the sum of all channels at each time point (1), of some (a+b=1), or of "
    "a channel over time (time:load=100)",
}


def asked(config: ConfigDict) -> str:
    """What `config.constraints` asks for, in words; '' for nothing."""
    return "; ".join(f"{key} {config[key]}" for key in KEYS if config[key])


def faults(config: ConfigDict) -> list[str]:
    """What is wrong with `config.constraints`, whatever the channels are."""
    found = []
    for key in KEYS:
        try:
            parse(key, config[key])
        except ValueError as error:
            found.append(str(error))
    if config.num_redraws < 0:
        found.append(f"constraints.num_redraws={config.num_redraws}: at least 0")
    if not config.redraw_above >= 0:  # NaN as well.
        found.append(f"constraints.redraw_above={config.redraw_above}: at least 0")
    return found
