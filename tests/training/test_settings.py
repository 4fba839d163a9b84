from tests import tiny
from tsgen_jax.training import settings as stage_settings


def _prior(**changes):
    changes = {f"train.prior.{key}": value for key, value in changes.items()}
    return tiny.make_config(**changes).train.prior


def test_a_batch_larger_than_the_data_shrinks_and_says_so(caplog):
    given = _prior(num_steps=3)
    with caplog.at_level("INFO", "tsgen_jax"):
        settings = stage_settings.fitted(given, "prior", 10)
        assert "prior: batch 10 instead of 16" in caplog.text
        caplog.clear()
        assert stage_settings.fitted(given, "prior", 40).num_steps == 3
    assert (settings.batch_size, settings.num_steps) == (10, 3)
    assert given.batch_size == 16
    assert not caplog.records


def test_epochs_are_steps_by_the_number_of_series_and_no_fewer_than_num_steps(caplog):
    given = _prior(num_steps=1, num_epochs=3)
    assert stage_settings.fitted(given, "prior", 10).num_steps == 3
    assert stage_settings.fitted(given, "prior", 40).num_steps == 3 * 3  # 16, 16, 8.
    given = _prior(num_steps=7, num_epochs=3)
    with caplog.at_level("INFO", "tsgen_jax"):
        assert stage_settings.fitted(given, "prior", 10).num_steps == 7
        assert stage_settings.fitted(given, "prior", 40).num_steps == 9
    said = "prior: 7 steps, the larger of num_epochs=3 (3 steps) and num_steps=7."
    assert said in caplog.text
