import decimal
import fractions
import math

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


def _cosine(progress):
    """cos(pi r / 2), r a fraction, to 40 digits; exactly where it is rational."""
    rational = {0: 1, fractions.Fraction(2, 3): fractions.Fraction(1, 2), 1: 0}
    if progress in rational:  # Niven's theorem: no other r in [0, 1] is.
        return fractions.Fraction(rational[progress])
    with decimal.localcontext() as context:
        context.prec = 60
        pi = decimal.Decimal("3.14159265358979323846264338327950288419716939937510582")
        x = pi / 2 * progress.numerator / progress.denominator
        term = total = decimal.Decimal(1)
        for k in range(1, 40):
            term *= -x * x / ((2 * k - 1) * 2 * k)
            total += term
    return fractions.Fraction(total)


def _share(schedule, progress):
    """The share that `mask_ratio` is, as a fraction of 40 true digits or exactly."""
    if schedule == "cosine":
        return _cosine(progress)
    if schedule == "inverted":
        return 1 - _cosine(progress)
    exponent = fractions.Fraction(schedule.partition(":")[2])
    whole = progress**exponent.numerator
    root = [round(v ** (1 / exponent.denominator)) for v in whole.as_integer_ratio()]
    if [v**exponent.denominator for v in root] == [*whole.as_integer_ratio()]:
        return 1 - fractions.Fraction(*root)
    scale = 10**40
    fine = math.isqrt(scale**2 * whole.numerator // whole.denominator)
    assert exponent.denominator == 2
    return 1 - fractions.Fraction(fine, scale)


@pytest.mark.parametrize(
    "schedule", ["cosine", "inverted", "power:1", "power:2", "power:3", "power:2.5"]
)
def test_numbers_left_are_those_of_exact_fractions(schedule):
    for rounds in range(1, 31):
        found = mask_schedule.num_left(schedule, rounds, 300)
        assert found.dtype == np.int32
        for step in range(1, rounds):
            share = _share(schedule, fractions.Fraction(step, rounds))
            top, bottom = share.as_integer_ratio()
            judge = [n * top // bottom for n in range(301)]
            assert found[step - 1].tolist() == judge, (rounds, step)
        assert not found[-1].any()
    # In float32 the second of three rounds would leave 14 of 30.
    assert mask_schedule.num_left("cosine", 3, 30)[:, 30].tolist() == [25, 15, 0]


@pytest.mark.parametrize("schedule", ["cosine", "power:2.5", "inverted"])
def test_training_masks_the_whole_part_of_the_schedules_share(schedule):
    """And the inverted one keeps the whole part of what the cosine masks."""
    key_progress, _ = jax.random.split(jax.random.key(3))
    progress = np.asarray(jax.random.uniform(key_progress, (500,)), np.float64)
    mask = mask_schedule.training_mask(jax.random.key(3), 500, 30, schedule, True)
    judge = np.floor(30 * np.cos(np.pi / 2 * progress))
    if schedule == "inverted":
        judge = 30 - judge
    elif schedule == "power:2.5":
        judge = np.floor(30 * (1 - progress**2.5))
    np.testing.assert_array_equal(mask.sum(-1), np.maximum(judge, 1))
