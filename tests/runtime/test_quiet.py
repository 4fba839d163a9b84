import os

from tsgen_jax.runtime import quiet


def test_a_level_that_is_set_is_kept(monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    quiet.silence_xla()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    quiet.silence_xla()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "3"
