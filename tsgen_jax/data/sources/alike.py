"""Names that are kept apart as written, though they may mean one thing."""

from collections.abc import Iterable

from tsgen_jax.data.series import warning


def alike(names: Iterable[str], what: str) -> list[str]:
    """A warning where names differ in blanks, zeros before or after, or case alone.

    Args:
        names: as written; any number of times.
        what: they are, such as 'labels'.
    """
    groups = {}
    for name in sorted(set(map(str, names))):
        groups.setdefault(_bare(name), []).append(name)
    found = [group for group in groups.values() if len(group) > 1]
    if not found:
        return []
    shown = ", ".join(" and ".join(map(repr, group[:3])) for group in found[:3])
    more = ", ..." if len(found) > 3 else ""
    return [
        warning(
            f"{what} {shown}{more} are kept apart as they are written; if they are one, "
            "write them alike in the file"
        )
    ]


def _bare(name: str) -> str:
    name = " ".join(name.split()).casefold()
    try:
        return f"{float(name):.15g}"
    except ValueError:
        return name
