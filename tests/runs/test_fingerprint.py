import dataclasses

import pytest

from tests import tiny
from tsgen_jax.runs import fingerprint


def test_a_run_does_not_go_on_with_other_data(tmp_path):
    dataset = tiny.make_dataset()
    fingerprint.check(dataset, str(tmp_path))
    fingerprint.check(dataset, str(tmp_path))
    before = (tmp_path / "dataset.json").read_text()
    changed = dataclasses.replace(dataset, x_test=dataset.x_test + 1e-3)
    with pytest.raises(ValueError, match="is not what the run"):
        fingerprint.check(changed, str(tmp_path))
    assert (tmp_path / "dataset.json").read_text() == before
