"""JSON texts, read within bounds, as `bounded` reads arrays."""

import json
from typing import Any

from tsgen_jax.data.bounded import in_words

_MAX_PARTS, _MAX_DEPTH = 200_000, 50


def parse_json(data: bytes | bytearray | str, where: str) -> Any:
    """The value of a JSON text that is not nested deeper than anybody writes.

    Raises:
        ValueError: no JSON, too deep or of too many parts; it begins with `where`.
    """
    marks = "[{" if isinstance(data, str) else b"[{"
    with in_words(f"{where} is no JSON"):
        if sum(data.count(marks[i : i + 1]) for i in range(2)) > _MAX_PARTS:
            raise ValueError(f"more than {_MAX_PARTS:,} lists and objects")
        value = json.loads(data)
        level, depth = [value], 0
        while level := [v for v in level if isinstance(v, dict | list)]:
            depth += 1
            if depth > _MAX_DEPTH:
                raise ValueError(f"nested more than {_MAX_DEPTH} deep")
            below = (v.values() if isinstance(v, dict) else v for v in level)
            level = [v for values in below for v in values]
    return value
