import numpy as np
import pytest

from tsgen_jax.data import outputs


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = str(tmp_path / "a.npz")
    outputs.write(path, {"x": np.ones(3)}, None)

    class Broken:
        def __array__(self, *_, **__):
            raise MemoryError

    with pytest.raises(MemoryError):
        outputs.write(path, {"x": Broken()}, None)
    with np.load(path) as stored:
        np.testing.assert_array_equal(stored["x"], np.ones(3))
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]
