"""The archives as TFDS datasets, one config per set; needs no TensorFlow.

    tfds_ucr.prepare("GunPoint", root="", data_dir="~/tensorflow_datasets")
    tfds.data_source("ucr_archive/GunPoint", split="train[:80%]")

ArrayRecord files give random access from Python. Examples are dicts: `series`
float32 [L, C] in original units with NaN where missing, `label` a class number
whose names are `builder.info.features["label"].names`, and `index`, the row in the
archive's part, since TFDS shuffles what it writes. Only this module imports TFDS.
"""

import functools
import os
from collections.abc import Iterator

import numpy as np
import tensorflow_datasets as tfds

from tsgen_jax.data.sources.archive import class_names, find_files, load_archive

# Carried by aeon with series of equal length, so offline as well.
BUNDLED = (
    "ACSF1",
    "ArrowHead",
    "BasicMotions",
    "GunPoint",
    "ItalyPowerDemand",
    "JapaneseVowels_eq",
    "OSULeaf",
    "PickupGestureWiimoteZ_eq",
)
# The sets of the NC-VQVAE paper, https://arxiv.org/abs/2408.16613.
PUBLISHED = (
    "FordA",
    "FordB",
    "ECG5000",
    "ElectricDevices",
    "Mallat",
    "ShapesAll",
    "SonyAIBORobotSurface1",
    "SonyAIBORobotSurface2",
    "StarLightCurves",
    "Symbols",
    "TwoPatterns",
    "UWaveGestureLibraryAll",
    "Wafer",
)
_CITATION = """\
@article{dau2019ucr,
  title = {The {UCR} Time Series Archive},
  author = {Dau, Hoang Anh and Bagnall, Anthony and Kamgar, Kaveh and Yeh,
    Chin-Chia Michael and Zhu, Yan and Gharghabi, Shaghayegh and
    Ratanamahatana, Chotirat Ann and Keogh, Eamonn},
  journal = {IEEE/CAA Journal of Automatica Sinica},
  volume = {6},
  number = {6},
  pages = {1293--1305},
  year = {2019}
}
"""
_VERSION = "1.0.0"
_RELEASE_NOTES = {_VERSION: "TRAIN and TEST as published, original units."}


@functools.cache  # TFDS takes a listed config by identity, and no equal one.
def make_config(name: str) -> tfds.core.BuilderConfig:
    """The config of any set, also one that `BUILDER_CONFIGS` does not list."""
    return tfds.core.BuilderConfig(
        name=name,
        version=_VERSION,
        release_notes=_RELEASE_NOTES,
        description=f"{name} of the UCR or UEA archive.",
    )


class UcrArchive(tfds.core.GeneratorBasedBuilder):
    """A set by config name; read from the manual directory, else through aeon."""

    VERSION = tfds.core.Version(_VERSION)
    RELEASE_NOTES = _RELEASE_NOTES
    BUILDER_CONFIGS = [make_config(name) for name in BUNDLED + PUBLISHED]
    # TFDS downloads nothing here, so it need not look for checksums; in 4.9.10 that
    # needs a package it does not require (github.com/tensorflow/datasets/issues/11212).
    url_infos = None
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Optional: <Name>/<Name>_TRAIN and <Name>/<Name>_TEST, each .tsv or .ts. A set "
        "that is not there comes from aeon, which carries some and downloads others."
    )

    def _info(self) -> tfds.core.DatasetInfo:
        # Length, channels and class names are known only once the set is read.
        return tfds.core.DatasetInfo(
            builder=self,
            description="Time series classification sets with their published parts.",
            features=tfds.features.FeaturesDict(
                {
                    "series": tfds.features.Tensor(
                        shape=(None, None), dtype=np.float32, encoding="bytes"
                    ),
                    "label": tfds.features.ClassLabel(),
                    "index": np.int32,
                }
            ),
            supervised_keys=("series", "label"),
            homepage="https://www.cs.ucr.edu/~eamonn/time_series_data_2018/",
            citation=_CITATION,
        )

    def _split_generators(self, dl_manager) -> dict[str, Iterator]:
        name = self.builder_config.name
        try:
            manual = os.fspath(dl_manager.manual_dir)
        except AssertionError:  # How TFDS says that there is none, or an empty one.
            manual = ""
        is_there = manual and os.path.isdir(os.path.join(manual, name))
        raw = load_archive(name, manual if is_there else "")
        labels = np.concatenate([raw.y_train, raw.y_test])
        self.info.features["label"].names = class_names(labels)
        return {
            "train": self._generate_examples(raw.x_train, raw.y_train),
            "test": self._generate_examples(raw.x_test, raw.y_test),
        }

    def _generate_examples(self, x: np.ndarray, y: np.ndarray) -> Iterator:
        for index, (series, label) in enumerate(zip(x, y, strict=True)):
            yield (
                index,
                {
                    "series": series.astype(np.float32),
                    "label": str(label),
                    "index": index,
                },
            )


def prepare(name: str, root: str, data_dir: str) -> UcrArchive:
    """Writes one set as ArrayRecord, unless `data_dir` has it already.

    Args:
        name: of the set, as for `archive.load_archive`.
        root: directory of sets that must have it; '': aeon.
        data_dir: TFDS's directory, to be written to.

    Returns:
        The builder: `builder.as_data_source("train")` reads, `builder.info` describes.

    Raises:
        ValueError: no such set, or one that cannot be read.
    """
    if root:
        find_files(name, root)  # Never aeon's copy in place of the one asked for.
    builder = UcrArchive(
        config=make_config(name),
        data_dir=os.path.expanduser(data_dir),
        file_format="array_record",
    )
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(
            manual_dir=os.path.expanduser(root) if root else None
        )
    )
    return builder
