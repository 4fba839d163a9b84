"""The settings of a stage, as its data allow."""

import copy
import logging
import math

from ml_collections import ConfigDict

_LOG = logging.getLogger(__name__)


def fitted(settings: ConfigDict, stage: str, num_series: int) -> ConfigDict:
    """`settings`, of `config.train`, for `num_series` series.

    A batch that they cannot fill is made smaller, and where there are `num_epochs` the
    larger of them and of `num_steps` is taken; the log says both. An epoch counts
    ceil(n / B) steps, so that 1000 epochs are as many steps as the published runs took;
    theirs ends with a smaller batch, ours has whole ones.
    """
    settings = copy.deepcopy(settings)
    if settings.batch_size > num_series:
        _LOG.info(
            "%s: batch %d instead of %d, there are no more training series.",
            stage,
            num_series,
            settings.batch_size,
        )
        settings.batch_size = num_series
    if settings.num_epochs:
        per_epoch = math.ceil(num_series / settings.batch_size)
        steps = settings.num_epochs * per_epoch
        _LOG.info(
            "%s: %d steps, the larger of num_epochs=%d (%d steps) and num_steps=%d.",
            stage,
            max(steps, settings.num_steps),
            settings.num_epochs,
            steps,
            settings.num_steps,
        )
        settings.num_steps = max(steps, settings.num_steps)
    return settings
