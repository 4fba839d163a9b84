"""Judge: `load_archive`, whose arrays the TFDS dataset must give back."""

import os
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tsgen_jax.data.sources import tfds_ucr
from tsgen_jax.data.sources.archive import class_names, load_archive


def _check(builder, raw):
    names = builder.info.features["label"].names
    assert tuple(names) == class_names(raw.y_train)
    for part, x, y in (
        ("train", raw.x_train, raw.y_train),
        ("test", raw.x_test, raw.y_test),
    ):
        examples = sorted(builder.as_data_source(part), key=lambda e: e["index"])
        series = np.stack([e["series"] for e in examples])
        assert series.dtype == np.float32
        np.testing.assert_array_equal(series, x.astype(np.float32))
        assert [names[e["label"]] for e in examples] == y.tolist()


def test_gunpoint_is_written_and_read_back(tmp_path):
    builder = tfds_ucr.prepare("GunPoint", "", str(tmp_path))
    _check(builder, load_archive("GunPoint", ""))
    assert builder.info.citation.startswith("@article{dau2019ucr")
    assert str(builder.info.version) == "1.0.0"
    files = os.listdir(builder.data_dir)
    assert any(".array_record-" in name for name in files)
    again = tfds.builder("ucr_archive/GunPoint", data_dir=str(tmp_path))
    _check(again, load_archive("GunPoint", ""))  # By name, from what was written.
    _check(
        tfds_ucr.prepare("GunPoint", "", str(tmp_path)), load_archive("GunPoint", "")
    )


def test_percent_splits_divide_a_part(tmp_path):
    tfds_ucr.prepare("GunPoint", "", str(tmp_path))
    index = []
    for split, size in (("train[:80%]", 40), ("train[80%:]", 10)):
        source = tfds.data_source(
            "ucr_archive/GunPoint", data_dir=str(tmp_path), split=split
        )
        assert len(source) == size
        index += [e["index"] for e in source]
    assert sorted(index) == list(range(50))


def test_any_set_of_a_directory_with_missing_values(tmp_path):
    (tmp_path / "Own").mkdir()
    (tmp_path / "Own" / "Own_TRAIN.tsv").write_text("b\t1\t2\t3\na\t4\tNaN\t6\n")
    (tmp_path / "Own" / "Own_TEST.tsv").write_text("a\t7\t8\t9\n")
    builder = tfds_ucr.prepare("Own", str(tmp_path), str(tmp_path / "tfds"))
    _check(builder, load_archive("Own", str(tmp_path)))
    stored = builder.as_data_source("train")[1]["series"]
    np.testing.assert_array_equal(stored[:, 0], [4, np.nan, 6])


def test_multivariate_set(tmp_path):
    builder = tfds_ucr.prepare("BasicMotions", "", str(tmp_path))
    assert builder.as_data_source("test")[0]["series"].shape == (100, 6)
    _check(builder, load_archive("BasicMotions", ""))


def test_a_directory_that_lacks_the_set_is_not_replaced_by_aeon(tmp_path):
    with pytest.raises(ValueError, match="No GunPoint_TRAIN"):
        tfds_ucr.prepare("GunPoint", str(tmp_path), str(tmp_path / "tfds"))


def test_bundled_sets_are_those_aeon_carries():
    for name in tfds_ucr.BUNDLED:
        assert load_archive(name, "").name == name
    listed = {config.name for config in tfds_ucr.UcrArchive.BUILDER_CONFIGS}
    assert listed == set(tfds_ucr.BUNDLED) | set(tfds_ucr.PUBLISHED)
    assert len(tfds_ucr.PUBLISHED) == 13


@pytest.mark.skipif(find_spec("tensorflow") is not None, reason="TensorFlow is here")
def test_tensorflow_was_not_needed():
    assert "tensorflow" not in sys.modules
