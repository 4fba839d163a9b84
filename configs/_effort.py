"""How long a tokenizer and its prior train: `quick`, `standard` or `full`.

One word of a config's argument, after a method and a comma or alone; no config of its
own. Nothing but training steps differs, so that scores side by side say what time buys.

quick     what the config says: minutes on 2 CPU cores.
standard  at most 30 minutes on 2 CPU cores for sets of up to 1000 series of 150 time
          points, by the costs of a step in docs/performance.md and
          experiments/results/scaling-cpu-x86-64-2-cores.json: at L = 150 a step of 128
          series is 0.11 s with one view (between L = 125 and 250), 0.31 s with two views
          and a projector of 1024; one of a prior 128 wide, of 64 series and 45 tokens,
          0.08 s. So 1500 and 6400 steps are 16 minutes; judging is 2 to 4, and the rest
          is for slower machines. Those of timevqvae, of which nothing is measured, are
          by its numbers of tokens.
full      the 1000 epochs of NC-VQVAE, and no fewer steps than `standard`: for an hour of
          an accelerator. Nothing of it is measured; TimeVQVAE's own 2000 and 10000 epochs
          are `faithful`.
"""

from collections.abc import Mapping

from ml_collections import ConfigDict

EFFORTS = ("quick", "standard", "full")
STANDARD = {"tokenizer": 1500, "prior": 6400}  # Steps of a stage.
_EPOCHS = 1000  # Published: https://arxiv.org/abs/2408.16613.


def split(argument: str) -> tuple[str, str]:
    """The argument without its effort, and that; 'quick' where it names none.

    Raises:
        ValueError: it names two.
    """
    words = [word for word in argument.split(",") if word]
    found = [word for word in words if word in EFFORTS]
    if len(found) > 1:
        raise ValueError(f"{argument}: one of {', '.join(EFFORTS)}, not several.")
    return ",".join(w for w in words if w not in EFFORTS), (found or ["quick"])[0]


def apply(
    config: ConfigDict, effort: str, standard: Mapping[str, int] = STANDARD
) -> None:
    """Changes the training of the stages in `standard`, and the config's name."""
    if effort == "quick":
        return
    config.name = f"{config.name}-{effort}"
    for stage, steps in standard.items():
        train = config.train[stage]
        train.num_steps = steps
        train.eval_every, train.checkpoint_every = 200, 400
        if effort == "full":
            train.num_epochs = _EPOCHS
            train.log_every, train.eval_every, train.checkpoint_every = 50, 500, 1000
