import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.sampling import mask_schedule


def test_cosine_masks_all_at_first_and_none_at_last():
    r = jnp.array([0.0, 1 / 3, 0.5, 1.0])
    share = mask_schedule.mask_ratio(r, "cosine")
    np.testing.assert_allclose(share, [1, np.sqrt(3) / 2, np.sqrt(0.5), 0], atol=1e-6)
    inverted = mask_schedule.mask_ratio(r, "inverted")
    np.testing.assert_allclose(inverted, 1 - share, atol=1e-6)


def test_a_power_masks_one_less_progress_to_that_power():
    r = jnp.array([0.0, 1 / 4, 1.0])
    for schedule, share in (("power:2", 15 / 16), ("power:2.5", 31 / 32)):
        found = mask_schedule.mask_ratio(r, schedule)
        np.testing.assert_allclose(found, [1, share, 0], atol=1e-6)


@pytest.mark.parametrize("schedule", ["linear", "power", "power:-1", "power:0", 3])
def test_what_is_no_schedule_is_refused(schedule):
    with pytest.raises(ValueError, match=f"no schedule {schedule!r}; known are cos"):
        mask_schedule.mask_ratio(0.5, schedule)


def test_random_mask_masks_exactly_that_many_and_anywhere():
    num = jnp.array([0, 3, 10])
    mask = mask_schedule.random_mask(jax.random.key(0), num, 10)
    np.testing.assert_array_equal(mask.sum(-1), num)
    many = mask_schedule.random_mask(jax.random.key(1), jnp.full(4000, 2), 10)
    np.testing.assert_allclose(many.mean(0), 0.2, atol=0.03)


@pytest.mark.parametrize(
    ("schedule", "mean"),
    [
        ("cosine", 2 / np.pi),
        ("power:2", 2 / 3),
        ("power:3", 3 / 4),
        ("inverted", 1 - 2 / np.pi),
    ],
)
def test_training_masks_have_the_schedules_mean(schedule, mean):
    mask = mask_schedule.training_mask(jax.random.key(2), 4000, 75, schedule, True)
    share = mask.mean(-1)
    np.testing.assert_allclose(share.mean(), mean, atol=0.02)
    assert mask.sum(-1).min() >= 1
    assert len(np.unique(share)) > 50  # A ratio for each series.
    one = mask_schedule.training_mask(jax.random.key(2), 50, 75, schedule, False)
    assert len(np.unique(one.sum(-1))) == 1
