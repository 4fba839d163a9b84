"""What a run keeps of its data set: dataset.json."""

import os

from tsgen_jax.data.info import DataInfo
from tsgen_jax.runs import files


def read_facts(workdir: str) -> DataInfo:
    """The facts that a run keeps in dataset.json.

    Raises:
        ValueError: an older version wrote them, or they are damaged.
    """
    found = files.read_json(os.path.join(workdir, "dataset.json"))
    try:
        return DataInfo.from_json(found or {})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{workdir}/dataset.json is damaged ({error}). Put back a copy of it; "
            "without one the run cannot be used: train it anew."
        ) from error
