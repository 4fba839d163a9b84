"""Sequence to sequence as a generator, untrained: what it attends to, and the report."""

import jax
import numpy as np

from tests import tiny
from tests.generators import trained
from tsgen_jax.reports import learned

_DATA = tiny.make_dataset(channels=2)
_CONFIG = trained.make_config(
    "seq2seq", **{"seq2seq.width": 8, "seq2seq.attention_width": 4}
)


def test_attention_is_that_of_the_draw_and_stands_in_the_report():
    of, _ = trained.assemble(_CONFIG, _DATA)
    x, label, observed = (
        _DATA.x_test[:3],
        np.array([0, 1, 2]),
        np.ones((3, 24, 2), bool),
    )
    observed[:, 8:14, 0] = False
    drawn, weights = of.attention(jax.random.key(1), x, observed, label)
    again = of.inpaint(jax.random.key(1), x, observed, label, 1)[0]
    np.testing.assert_array_equal(drawn, again)
    np.testing.assert_array_equal(drawn[observed], x[observed])
    assert weights.shape == (3, 24, 6)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    sections = dict(learned.sections(_CONFIG, _DATA, of))
    assert [*sections] == ["attention"]
    section = sections["attention"]
    images = [image for ax in section.figure.axes for image in ax.images]
    assert [image.get_array().shape for image in images[:2]] == [(24, 6)] * 2
