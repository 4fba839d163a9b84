"""Too few series are told."""

from tsgen_jax.data import parts


def test_few_series_are_warned_of(caplog):
    parts.warn_of_few("mine", 10)
    assert not caplog.records
    parts.warn_of_few("mine", 3)
    (record,) = caplog.records
    assert "mine has 3 series to train on" in record.getMessage()
