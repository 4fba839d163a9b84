from tsgen_jax.suggest import did_you_mean


def test_the_nearest_word_in_its_own_spelling():
    known = ("Barlow_twins", "vicreg", "vibcreg")
    assert did_you_mean("barlow_twin", known) == " Did you mean 'Barlow_twins'?"
    assert did_you_mean("VICREG", known) == " Did you mean 'vicreg'?"
    assert did_you_mean("simclr", known) == ""
    assert did_you_mean("", ()) == ""
