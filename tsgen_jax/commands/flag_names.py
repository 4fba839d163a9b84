"""What a command line calls a key of the config, in errors, warnings and log lines.

Everything below the commands speaks of config keys, such as data.window=96: that is
what `tsgen_jax.fit(changes=...)` takes. On a command line the same value has a flag:
--window=96 of tsgen train, --config.data.window=96 of main.py. The commands translate
whatever they print, so no message has to know who asked.
"""

import logging
import re
from collections.abc import Mapping
from typing import NamedTuple

from tsgen_jax.runs import config


class FlagNames(NamedTuple):
    """Flags of one command.

    Attributes:
        flags: config key -> flag, such as {'data.window': '--window'}.
        prefix: before every other key, such as '--config.' or '--set '.
        sections: whose keys `prefix` goes with; () for all.
    """

    flags: Mapping[str, str]
    prefix: str
    sections: tuple[str, ...]

    def translate(self, text: str) -> str:
        """Returns `text` with flags in place of the config keys that it names.

        A key in brackets behind its own flag is left out, not said twice.
        """
        for key, flag in self.flags.items():
            if f"{flag}=" in text:
                text = text.replace(f" ({key})", "")
        return _pattern().sub(self._flag, text)

    def _flag(self, found: re.Match) -> str:
        key = found["key"] or found["top"]
        if key in self.flags:
            return self.flags[key]
        if self.sections and key.partition(".")[0] not in self.sections:
            return found[0]
        return f"{self.prefix}{key}"


class Translated(logging.Filter):
    """Translates every record of the handler that it is added to."""

    def __init__(self, names: FlagNames):
        super().__init__()
        self._names = names

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; changes the record's text."""
        record.msg, record.args = self._names.translate(record.getMessage()), ()
        return True


_CACHE = []


def _pattern() -> re.Pattern:
    """Finds every key of the default config that is not written as a flag already.

    Keys without a dot, such as seed, are ordinary words: only seed=... counts.
    """
    if not _CACHE:
        from tsgen_jax.configs import default

        values = config.keys(default.get_config())
        sections = {key.rpartition(".")[0] for key in values} - {""}
        names = {*values, *(name for name in sections if "." in name)}
        keys = sorted(names, key=len, reverse=True)
        dotted = "|".join(re.escape(key) for key in keys if "." in key)
        single = "|".join(re.escape(key) for key in keys if "." not in key)
        free = r"(?<![\w./'-])(?<!--set )(?:--config\.)?"
        _CACHE.append(
            re.compile(
                rf"{free}(?:(?P<key>{dotted})(?![\w/]|\.\w)|(?P<top>{single})(?==))"
            )
        )
    return _CACHE[0]
