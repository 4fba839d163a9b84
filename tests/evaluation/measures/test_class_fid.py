import math

import numpy as np
import pytest

from tests.evaluation.measures.test_fidelity import TEST, TRAIN
from tsgen_jax.evaluation.measures import class_fid, fidelity

_Y = np.arange(90) % 3


def test_it_is_the_mean_over_classes_and_names_those_left_out():
    values = [fidelity.fid(TRAIN[i::3], TEST[i::3]) for i in range(3)]
    mean, per_class = class_fid.class_fid(TRAIN, _Y, TEST, _Y[:75])
    assert [per_class[i] for i in range(3)] == values
    np.testing.assert_allclose(mean, np.mean(values))

    y = np.where(_Y == 2, 7, _Y)  # 7 has two series left, 1 has one: no reference.
    y[np.flatnonzero(y == 7)[2:]] = 0
    y[np.flatnonzero(y == 1)[1:]] = 0
    mean, per_class = class_fid.class_fid(TRAIN, y, TEST, np.where(_Y == 2, 7, _Y)[:75])
    assert list(per_class) == [0, 1, 7]
    assert math.isnan(per_class[1])
    np.testing.assert_allclose(mean, (per_class[0] + per_class[7]) / 2)


@pytest.mark.parametrize("left", [0, 1])
def test_a_class_that_is_never_generated_is_a_penalty(left):
    """The mean over the others alone, or a worse one: never better than with it."""
    y = _Y[:75]
    kept = (y != 1) | (np.cumsum(y == 1) <= left)
    mean, per_class = class_fid.class_fid(TRAIN, _Y, TEST[kept], y[kept])
    own = [fidelity.fid(TRAIN[i::3], TEST[i::3]) for i in range(3)]
    assert (per_class[0], per_class[2]) == (own[0], own[2])
    np.testing.assert_allclose(per_class[1], fidelity.fid(TRAIN[1::3], TEST[kept]))
    assert per_class[1] > 3 * own[1]
    np.testing.assert_allclose(mean, np.mean([own[0], per_class[1], own[2]]))
    # No less than the worst class, where all that is generated is far off.
    far = np.where(y == 2, 1e3, 0)[:, None]
    _, per_class = class_fid.class_fid(TRAIN, _Y, (TEST + far)[kept], y[kept])
    assert per_class[1] == max(per_class.values()) >= per_class[2]


def test_swapped_classes_are_seen_where_fid_does_not():
    assert class_fid.class_fid(TRAIN, _Y, TRAIN, _Y)[0] < 1e-5
    assert class_fid.class_fid(TRAIN, _Y, TRAIN, (_Y + 1) % 3)[0] > 1
