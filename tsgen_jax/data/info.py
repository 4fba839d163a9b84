"""What a model knows about the series it was trained on."""

import dataclasses
from typing import Any

import numpy as np

from tsgen_jax.data.dataset import Dataset, Scaler
from tsgen_jax.data.scaling import EndScaler
from tsgen_jax.data.sources.description import Description


@dataclasses.dataclass(frozen=True, eq=False)
class DataInfo:
    """Shape, classes and units of a data set; nothing of its series."""

    name: str
    length: int  # L
    num_channels: int  # C
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]  # Series of each class in training data.
    scaler: Scaler
    described: Description  # What the file of the series was understood to be.

    @classmethod
    def of(cls, dataset: Dataset) -> "DataInfo":
        """What is known of a data set; training data are its train and validation parts."""
        labels = np.concatenate([dataset.y_train, dataset.y_valid])
        counts = np.bincount(labels, minlength=dataset.num_classes)
        return cls(
            name=dataset.name,
            length=dataset.length,
            num_channels=dataset.num_channels,
            classes=dataset.classes,
            class_counts=tuple(counts.tolist()),
            scaler=dataset.scaler,
            described=dataset.described,
        )

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        lists = {k: list(fields[k]) for k in ("classes", "class_counts")}
        made = {k: fields[k].to_json() for k in ("scaler", "described")}
        return {**fields, **lists, **made}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "DataInfo":
        """The facts that `to_json` was called on; further keys are left out.

        Raises:
            ValueError: a key is absent.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        absent = [name for name in names if name not in values]
        if absent:
            raise ValueError(f"these facts are absent: {', '.join(absent)}")
        fields = {name: values[name] for name in names}
        fields["classes"] = tuple(map(str, fields["classes"]))
        fields["class_counts"] = tuple(map(int, fields["class_counts"]))
        fields["scaler"] = Scaler.from_json(fields["scaler"])
        fields["described"] = Description.from_json(fields["described"])
        return cls(**fields)

    @property
    def scaled_channels(self) -> int:
        """Channels C' of scaled series: C + 1 where lengths are unequal."""
        return self.scaler.transform(np.zeros((1, 1, self.num_channels))).shape[-1]

    @property
    def channel_names(self) -> tuple[str, ...]:
        """A name for each of the C channels."""
        return self.described.channels

    @property
    def has_ends(self) -> bool:
        """Whether series are of unequal lengths."""
        return isinstance(self.scaler, EndScaler)

    @property
    def num_classes(self) -> int:
        """Classes Y, 1 or more."""
        return len(self.classes)
