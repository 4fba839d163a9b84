"""Networks that judge series: trained on a set, asked about another."""

JUDGES = ("fcn", "minirocket", "ts2vec")
_MIN_LENGTH = 9  # Of MiniRocket.


def usable(
    judges: str, name: str, num_classes: int, length: int
) -> tuple[list[str], list[str]]:
    """Judges of `evaluation.judges` that a set can have, and why others are left out.

    Args:
        judges: names joined by '+'.
        name: of the set.
        num_classes: Y.
        length: L.
    """
    names, notes = judges.split("+"), []
    if "fcn" in names and num_classes < 2:
        names.remove("fcn")
        notes.append(f"No FCN judge: {name} has one class only.")
    if "minirocket" in names and length < _MIN_LENGTH:
        names.remove("minirocket")
        notes.append(f"No MiniRocket judge: series have {length} time points.")
    if "ts2vec" in names and length < 2:
        names.remove("ts2vec")
        notes.append("No TS2Vec judge: series have 1 time point.")
    return names, notes
