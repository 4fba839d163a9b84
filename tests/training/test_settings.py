from tests import tiny
from tsgen_jax.training import settings as stage_settings


def test_a_batch_larger_than_the_data_shrinks_and_says_so(caplog):
    config = tiny.make_config(**{"train.prior.num_epochs": 3})
    with caplog.at_level("INFO", "tsgen_jax"):
        settings = stage_settings.fitted(config.train.prior, "prior", 10)
    assert "prior: batch 10 instead of 16" in caplog.text
    assert (settings.batch_size, settings.num_steps) == (10, 3)
    assert config.train.prior.batch_size == 16
    caplog.clear()
    assert stage_settings.fitted(config.train.prior, "prior", 40).num_steps == 3 * 3
    assert not caplog.records
