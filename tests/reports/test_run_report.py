"""What a run's report says of stages that were measured."""

import pytest

from tsgen_jax.generators import noise_scale
from tsgen_jax.recipe import Fitted
from tsgen_jax.reports import run_report
from tsgen_jax.runs import directory


def test_a_damaged_summary_is_named_with_what_to_do(tmp_path):
    workdir = str(tmp_path)
    stage = Fitted(name="residual_scale", shapes={}, fit=None, say=noise_scale.say)
    summary = {"scale": 0.5, "fid_minirocket": {"0.0": 2.0, "0.5": 1.25}}
    directory.mark_done(workdir, stage.name, summary)
    title, said = run_report._said(stage, workdir)
    assert title == "Noise in samples"
    assert "scale 0.5" in said
    assert "0: 2, 0.5: 1.25" in said
    for stored in ({}, {**summary, "scale": "x"}, {**summary, "fid_minirocket": 1}):
        directory.mark_done(workdir, stage.name, stored)
        with pytest.raises(ValueError, match=r"done.json is damaged.*delete"):
            run_report._said(stage, workdir)
