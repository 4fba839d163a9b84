"""Configs of older versions: what came later is filled in with what changes nothing."""

import json

import pytest

from tests import tiny
from tsgen_jax import checks
from tsgen_jax.runs import directory, files, stored_config


def _old():
    """As a version stored it that knew no residuals, schedule or TS2Vec."""
    values = json.loads(json.dumps(tiny.make_config().to_dict()))
    del values["inpaint"]["residual_scale"], values["sample"]["residual_scales"]
    del values["inpaint"]["schedule"], values["sample"]["schedule"]
    del values["judge"]["ts2vec"], values["train"]["ts2vec"]
    del values["train"]["discriminator"]["ema_decay"]
    return values


def test_an_old_config_passes_the_checks_and_changes_no_sample():
    filled = stored_config.filled(_old())
    checks.check_config(filled)
    assert filled.inpaint.residual_scale == 0
    assert filled.sample.residual_scales == (0.0,)
    assert filled.sample.schedule == filled.inpaint.schedule == "cosine"
    assert filled.judge.ts2vec.features == 320
    assert filled.augment.flip.to_dict() == {}
    new = tiny.make_config().to_dict()
    assert new["sample"]["schedule"] != "cosine"
    assert stored_config.filled(new).to_dict() == new
    with pytest.raises(AttributeError):
        filled.seeed = 1


@pytest.mark.parametrize("key", ["quantizer.decay", "inpaint", "sample.batch_size"])
def test_what_networks_and_samples_need_is_not_guessed(key):
    values = _old()
    section, _, last = key.rpartition(".")
    del (values[section] if section else values)[last]
    with pytest.raises(ValueError, match=f"lacks {key}.*older version"):
        checks.check_config(stored_config.filled(values))


def test_keys_that_came_later_do_not_stop_a_run_that_is_gone_on_with(tmp_path):
    workdir, config = str(tmp_path), tiny.make_config()
    assert stored_config.unchanged(workdir, config) == ()
    files.write_json(str(tmp_path / "config.json"), _old())
    config.inpaint.residual_scale, config.sample.schedule = 0.0, "cosine"
    same = stored_config.unchanged(workdir, config)
    assert {"sample.residual_scales", "inpaint.residual_scale"} < set(same)
    with directory.open_run(workdir, config.to_dict(), same):
        pass
    config.sample.residual_scales = (0.0, 1.0)
    config.seed = 3
    same = stored_config.unchanged(workdir, config)
    with (
        pytest.raises(ValueError, match=r"(?s)sample.residual_scales: absent.*seed: 0"),
        directory.open_run(workdir, config.to_dict(), same),
    ):
        pass
    absent = stored_config.absent(workdir)
    assert absent["sample.residual_scales"] == (0.0,)
    with (  # What to give to go on, and not only that it is absent.
        pytest.raises(
            ValueError, match=r"residual_scales: \[0.0\] there, \[0.0, 1.0\]"
        ),
        directory.open_run(workdir, config.to_dict(), same, absent),
    ):
        pass
    assert stored_config.read(workdir).sample.residual_scales == (0.0,)
