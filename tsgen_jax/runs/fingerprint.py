"""The data that a run began with: noted in it, so that it goes on with no others."""

import hashlib
import os

import numpy as np

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.runs import files


def check(dataset: Dataset, workdir: str) -> None:
    """Notes the data of a new run; ValueError if an old one began with others."""
    digest = hashlib.sha256()
    for part in ("train", "valid", "test"):
        for name in ("x", "y", "observed"):
            array = getattr(dataset, f"{name}_{part}")
            if array is not None:
                digest.update(np.ascontiguousarray(array))
    found = {"sha256": digest.hexdigest(), **DataInfo.of(dataset).to_json()}
    path = os.path.join(workdir, "dataset.json")
    stored = files.read_json(path)
    if stored is not None and any(found.get(k) != v for k, v in stored.items()):
        raise ValueError(
            f"{dataset.name} is not what the run in {workdir} began with: its series "
            "or its split have changed since. Put the old data back, or choose "
            "another --workdir."
        )
    if stored is None or stored.keys() < found.keys():  # Of an older version.
        files.write_json(path, found | (stored or {}))
