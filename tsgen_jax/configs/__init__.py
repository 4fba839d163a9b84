"""The configs of the project under a name of ours.

In a checkout they lie in `configs/` beside this package, where `main.py
--config=configs/NAME.py` finds them; a wheel has them in this directory, in place of
this file. Either way `from tsgen_jax.configs import default` gives them.
"""

import pathlib

__path__ = [str(pathlib.Path(__file__).parents[2] / "configs")]
