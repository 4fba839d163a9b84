import numpy as np
import pytest

from tsgen_jax.data.sources.samples import load_samples


def test_both_kinds_of_file(tmp_path):
    x, label = np.arange(12.0).reshape(3, 4, 1), np.array([0, 1, 1])
    np.savez(tmp_path / "a.npz", x=x, label=label, other=1)
    np.savez(tmp_path / "b.npz", x=x)
    np.save(tmp_path / "c.npy", x)
    found = [load_samples(str(tmp_path / name)) for name in ("a.npz", "b.npz", "c.npy")]
    for got, *_ in found:
        np.testing.assert_array_equal(got, x)
    np.testing.assert_array_equal(found[0][1], label)
    assert found[1][1] is None
    assert found[2][1] is None


def test_what_cannot_be_read_is_refused_in_words(tmp_path):
    np.savez(tmp_path / "names.npz", y=1, z=2)
    (tmp_path / "cut.npz").write_bytes((tmp_path / "names.npz").read_bytes()[:40])
    (tmp_path / "text.csv").write_text("1,2,3\n")
    np.save(tmp_path / "object.npy", np.array([{}], object))
    for name, match in {
        "absent.npz": "no file of samples",
        "names.npz": "holds y, z; it needs x",
        "cut.npz": "cannot be read",
        "text.csv": "cannot be read",
        "object.npy": "holds objects",
    }.items():
        with pytest.raises(ValueError, match=match):
            load_samples(str(tmp_path / name))
