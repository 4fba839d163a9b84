import numpy as np
import pytest

from tsgen_jax.data import outputs
from tsgen_jax.data.sources.series_files import load_series


def test_wide_tables_with_and_without_header_and_classes(tmp_path):
    (tmp_path / "a.csv").write_text("1,2.5,\n4,,6\n")
    (tmp_path / "b.csv").write_text("label,t0,t1,t2\nup,1,2.5,\n3,4,,6\n")
    judge = np.array([[1, 2.5, np.nan], [4, np.nan, 6]])
    for name, labels in (("a.csv", None), ("b.csv", ["up", "3"])):
        x, label = load_series(str(tmp_path / name))
        np.testing.assert_array_equal(x, judge)
        assert (label is None) if labels is None else (list(label) == labels)
    np.save(tmp_path / "c.npy", judge)
    np.testing.assert_array_equal(load_series(str(tmp_path / "c.npy"))[0], judge)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("a,b\n1,x\n", "column b"),
        ("label\nup\n", "no series"),
        ("1,2\n1,2,3\n", "cannot be read"),
    ],
)
def test_other_tables_are_refused(text, message, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_series(str(tmp_path / "a.csv"))


def test_a_long_table_has_a_row_for_each_value():
    x = np.arange(12.0).reshape(2, 3, 2)
    table = outputs.long_table({"": x, "q05": -x}, np.array(["a", "b"]), 5)
    for i, (series, time) in enumerate(np.ndindex(2, 3)):
        row = {name: column[i] for name, column in table.items()}
        assert row == {
            "series": series,
            "time": time + 5,
            "channel_0": x[series, time, 0],
            "channel_0_q05": -x[series, time, 0],
            "channel_1": x[series, time, 1],
            "channel_1_q05": -x[series, time, 1],
            "label": "ab"[series],
        }


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = str(tmp_path / "a.npz")
    outputs.write(path, {"x": np.ones(3)}, {})

    class Broken:
        def __array__(self, *_, **__):
            raise MemoryError

    with pytest.raises(MemoryError):
        outputs.write(path, {"x": Broken()}, {})
    with np.load(path) as stored:
        np.testing.assert_array_equal(stored["x"], np.ones(3))
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]
