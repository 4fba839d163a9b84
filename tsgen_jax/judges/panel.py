"""The judges of a set, asked about its TEST, its TRAIN and samples."""

import dataclasses
from collections.abc import Callable

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.judges import fcn, rocket, ts2vec, usable
from tsgen_jax.types import Array


@dataclasses.dataclass(frozen=True, eq=False)
class Asked:
    """Judges, and what they see.

    Attributes:
        names: judges that the set can have, of those that are wanted.
        fcn: the one that is a classifier; None where it is not among them.
        extract: judge -> function from series [n, L, C] to features [n, d].
        features: judge -> part -> features, float [n, d].
        probabilities: part -> class probabilities by the FCN, float [n, Y]; None
            without it.
        notes: which judges are left out, and why.
    """

    names: list[str]
    fcn: fcn.Judge | None
    extract: dict[str, Callable[[Array], np.ndarray]]
    features: dict[str, dict[str, np.ndarray]]
    probabilities: dict[str, np.ndarray] | None
    notes: list[str]


def ask(
    config: ConfigDict,
    dataset: Dataset,
    parts: dict[str, Array],
    groups: list[str],
    workdir: str,
) -> Asked:
    """Trains or loads the judges that groups of scores need, and asks them.

    Args:
        config: sections `judge`, `evaluation` and `train` are read.
        dataset: the set that they are judges of.
        parts: name -> series, float [n, L, C]; 'train' is among them.
        groups: of scores; all others than 'fidelity' and 'usefulness' need no judge.
        workdir: `<workdir>/judge` keeps the judges.
    """
    names, notes = usable(
        config.evaluation.judges, dataset.name, dataset.num_classes, dataset.length
    )
    if not {"fidelity", "usefulness"} & set(groups):
        names = []
    judge, extract, features, probabilities = None, {}, {}, None
    if "fcn" in names:
        judge = fcn.load_or_train(config, dataset, workdir)
        extract["fcn"] = lambda x: judge(x)[0]
        outputs = {part: judge(x) for part, x in parts.items()}
        features["fcn"] = {part: out[0] for part, out in outputs.items()}
        probabilities = {part: out[1] for part, out in outputs.items()}
    if "minirocket" in names:
        by_rocket = rocket.Judge(config.judge, parts["train"], config.judge.seed)
        by_rocket.write(workdir)
        extract["minirocket"] = by_rocket
    if "ts2vec" in names and "fidelity" in groups:
        extract["ts2vec"] = ts2vec.Judge(config, dataset)
    for name in [name for name in extract if name not in features]:
        features[name] = {part: extract[name](x) for part, x in parts.items()}
    return Asked(names, judge, extract, features, probabilities, notes)
