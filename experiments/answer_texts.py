"""Words of docs/research_questions.md; numbers come from experiments.answers."""

TOP = """# The research questions

Written by `python -m experiments.answers` on {date}: no number here is typed by hand.

**Where it stands: {blocks} of {all_blocks} blocks of set x seed ({runs} of {all_runs} runs).**
{state}

| question | answer |
|---|---|
{short}

## Design

* Tokenizers: `none`; `control`, which reconstructs an augmented second view without a
  self-supervised loss; `barlow_twins` and `vibcreg`; each with the augmentations `gauss`,
  `slice`, `warp`. One prior for all (tied codes), one judge per set, the same seeds.
* Sets: {sets}. Seeds: {seeds}.
* Schedules are short, so that hundreds of runs fit on CPUs: 300 steps of the tokenizer and 500
  of the prior, networks of half the width (`experiments/sweeps/_shared.py`). {convergence}
* A set is the unit of every test: seeds are averaged, Wilcoxon's signed-rank test over sets,
  Holm's correction within the comparisons of one score. Differences of errors and FIDs are of
  their logarithms, shown in percent. "Visible" is the difference that a paired t test at the
  corrected level finds with a probability of 80 %, from the scatter seen here: smaller ones
  cannot be told from none.
* Least corrected p that six comparisons can reach with {num_sets} of the sets: {least}.
* `masked_token_nll` is in nats per token: tokenizers that use fewer codes have a lower one without
  a better prior, so it is read beside FID.
* Cost: {cost}. Commits: {commits}. Machines: {machines}.
* Again: `python -m experiments.launch research_questions --on=local --seeds=apart`, then
  `python -m experiments.answers`. All scores: `python -m experiments.tables
  experiments/results/research_questions.jsonl`.
"""
