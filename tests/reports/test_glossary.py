"""Every score has its meaning and unit on the page."""

import re

from tsgen_jax.evaluation.measures import statistics
from tsgen_jax.evaluation.scores import Score
from tsgen_jax.evaluation.scores.score import _SHARES
from tsgen_jax.reports import glossary, page
from tsgen_jax.stages import tokenizer


def test_scores_of_the_project_are_explained():
    named = {*tokenizer._MEASURES, *statistics.MEASURES, *_SHARES}
    named |= {"masked_token_nll", "token_nll", "nll_bound", "prior_convergence_step"}
    named |= {"fid", "class_fid", "context_fid", "cas", "cas_with_train"}
    assert named <= set(glossary.ENTRIES)
    for name in _SHARES:
        assert glossary.unit(name) == "share"
    assert glossary.unit("spectral_distance") == "dB"
    assert glossary.unit("no_such_score") == ""


def test_a_row_links_to_its_meaning_and_has_a_unit():
    score = Score("nll_bound", "", 1.5, None, None, {}, "lower", None, "", "privacy")
    text = page.make_report("T", [page.Row.from_score(score)], [], {})
    assert '<a href="#term-nll_bound">nll_<wbr>bound</a>' in text
    assert "1.5 <small>nats per token</small>" in text
    meaning = re.search(r'<dt id="term-nll_bound">.*?<dd>(.*?)</dd>', text)[1]
    assert "of the token map, not of the series" in meaning
    assert "arxiv.org/abs/2110.02037" in meaning


def test_the_head_says_where_it_comes_from():
    about = {"Seed": "3", "Command": "tsgen train <a>", "Commit": ""}
    text = page.make_report("T", [], [], {}, about)
    assert "<dt>Seed</dt><dd>3</dd>" in text
    assert "tsgen train &lt;a&gt;" in text
    assert "Commit" not in text
