import numpy as np
import pytest

from tsgen_jax.reports.figures import canvas, fan_chart


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 20))
    seen = np.ones(x.shape, bool)
    seen[:, 5:12] = False
    seen[1, 15:] = False
    draws = np.where(seen, x, rng.normal(size=(40, *x.shape)))
    return x, seen, draws


def test_it_draws_median_bands_truth_and_baseline(case):
    x, seen, draws = case
    figure = fan_chart.plot_fan_chart(x, seen, draws, 0 * x, "zero", "Title", start=2)
    panels = [ax for ax in figure.axes if ax.lines]
    assert len(panels) == 6
    for i, ax in enumerate(panels):
        lines = {line.get_linestyle() + line.get_color(): line for line in ax.lines}
        time = np.arange(2, 20)
        truth = lines[":" + canvas.DATA]
        np.testing.assert_array_equal(truth.get_xdata(), time)
        np.testing.assert_array_equal(truth.get_ydata(), x[i, 2:])
        observed = lines["-" + canvas.DATA].get_ydata()
        np.testing.assert_array_equal(np.isnan(observed), ~seen[i, 2:])
        median = lines["-" + canvas.MODEL].get_ydata()
        hidden = ~seen[i, 2:]
        judge = np.median(draws[:, i, 2:], axis=0)
        np.testing.assert_allclose(median[hidden], judge[hidden])
        # It meets the observed samples beside the gap, and says nothing beyond.
        assert np.isfinite(median[[2, 10]]).all()
        assert np.isnan(median[0])
        assert len(ax.collections) >= 2
    said = figure.get_supxlabel().replace("\n", " ")
    assert "40 draws" in said
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    dashed = figure.legends[0].get_lines()[names.index("zero")]
    assert dashed.get_linestyle() == "--"
    assert "6 of 8 series" in said


def test_other_shapes_are_refused(case):
    x, seen, draws = case
    with pytest.raises(ValueError, match=r"baseline is \(3,\)"):
        fan_chart.plot_fan_chart(x, seen, draws, np.zeros(3), "zero", "Title")
    with pytest.raises(ValueError, match="a draw"):
        fan_chart.plot_fan_chart(x, seen, draws[:, :2], x, "zero", "Title")
