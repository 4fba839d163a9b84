import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.nn import conv

_NUMBERS = ("NHWC", "HWIO", "NHWC")


def _lax_down(x, kernel):
    x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 2), "VALID", dimension_numbers=_NUMBERS
    )


def _lax_up(x, kernel):
    return jax.lax.conv_general_dilated(
        x,
        kernel[::-1, ::-1],
        (1, 1),
        ((1, 1), (2, 2)),
        lhs_dilation=(1, 2),
        dimension_numbers=_NUMBERS,
    )


def _lax_same(x, kernel):
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), ((1, 1), (1, 1)), dimension_numbers=_NUMBERS
    )


def _ours_same(x, kernel):
    return conv.conv(x, kernel, ((1, 1), (1, 1)))


@pytest.mark.parametrize(
    ("columns", "rows", "channels"),
    [
        *((2, 5, (3, 4)), (7, 5, (3, 4)), (8, 5, (3, 4))),
        *((7, 1, (3, 4)), (8, 2, (3, 4))),
        *((7, 5, (1, 16)), (8, 3, (16, 1))),  # Other forms on the CPU.
    ],
)
@pytest.mark.parametrize(
    ("ours", "judge", "taps"),
    [
        (_ours_same, _lax_same, 3),
        (conv.conv_down, _lax_down, 4),
        (conv.conv_up, _lax_up, 4),
    ],
    ids=["same", "down", "up"],
)
def test_value_and_gradients_equal_lax(ours, judge, taps, columns, rows, channels):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, rows, columns, channels[0])).astype("float32")
    kernel = rng.normal(size=(3, taps, *channels)).astype("float32")
    assert conv.on_cpu()  # Else this would compare lax with itself.
    y, pull = jax.vjp(ours, x, kernel)
    y_judge, pull_judge = jax.vjp(judge, x, kernel)
    np.testing.assert_allclose(y, y_judge, atol=1e-4)
    g = rng.normal(size=y.shape).astype("float32")
    for a, b in zip(pull(g), pull_judge(g), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4)


@pytest.mark.parametrize("channels", [(3, 4), (16, 1)])
def test_taps_may_reach_nothing_but_padding(channels):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2, 1, 1, channels[0])).astype("float32")
    kernel = rng.normal(size=(3, 4, *channels)).astype("float32")
    pads = ((3, 0), (2, 1))
    judge = jax.lax.conv_general_dilated(
        x, kernel, (1, 1), pads, dimension_numbers=_NUMBERS
    )
    np.testing.assert_allclose(conv.conv(x, kernel, pads), judge, atol=1e-5)


@pytest.mark.parametrize("name", ["conv_down", "conv_up"])
def test_the_accelerator_form_is_the_same(name, monkeypatch):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1, 5, 6, 3)).astype("float32")
    kernel = rng.normal(size=(3, 4, 3, 2)).astype("float32")
    on_cpu = getattr(conv, name)(x, kernel)
    monkeypatch.setattr(conv, "on_cpu", lambda: False)
    np.testing.assert_allclose(on_cpu, getattr(conv, name)(x, kernel), atol=1e-5)


def test_conv_up_equals_the_loop_of_its_definition():
    """PyTorch's transposed convolution, (3, 4), stride (1, 2), padding (1, 1)."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(1, 3, 4, 2)).astype("float32")
    kernel = rng.normal(size=(3, 4, 2, 5)).astype("float32")
    judge = np.zeros((1, 3, 8, 5))
    for f in range(3):
        for t in range(4):
            for i in range(3):
                for j in range(4):
                    row, column = f + i - 1, 2 * t + j - 1
                    if 0 <= row < 3 and 0 <= column < 8:
                        judge[0, row, column] += x[0, f, t] @ kernel[i, j]
    np.testing.assert_allclose(conv.conv_up(x, kernel), judge, atol=1e-5)


def test_resize_interpolates_between_kept_ends():
    x = np.random.default_rng(3).normal(size=(2, 5, 12, 3)).astype("float32")
    y = conv.resize(x, 31)
    at, points = np.linspace(0, 11, 31), np.arange(12)
    judge = [[np.interp(at, points, x[0, f, :, c]) for f in range(5)] for c in range(3)]
    np.testing.assert_allclose(np.asarray(y[0]).transpose(2, 0, 1), judge, atol=1e-5)
    assert conv.resize(x, 12) is x
    np.testing.assert_allclose(conv.resize(x[:, :, :1], 3)[:, :, 2], x[:, :, 0])


def test_one_column_cannot_be_halved():
    with pytest.raises(ValueError, match="halve"):
        conv.conv_down(np.zeros((1, 5, 1, 2)), np.zeros((3, 4, 2, 2)))
