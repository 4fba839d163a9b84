"""Which known word a mistyped one was meant to be."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Returns " Did you mean 'x'?" for the most similar known word, or ''.

    Case does not count. Words of fewer than three letters in common order are not
    similar enough: nothing is said then.
    """
    by_lower = {str(name).lower(): str(name) for name in known}
    close = difflib.get_close_matches(str(word).lower(), by_lower, 1, 0.6)
    return f" Did you mean {by_lower[close[0]]!r}?" if close else ""
