"""Which data sets had a part in choices, and which are only reported.

Hyper-parameters and defaults are chosen on the development sets, by their TRAIN and its
validation part alone. What is reported about other sets is fresh: nothing was chosen on
them. A table that shows a development set says so.
"""

# GunPoint, ECG5000 and SonyAIBORobotSurface2 have been in the main table since the first
# release, SyntheticControl and CBF in the choice of sampling settings.
DEVELOPMENT = (
    "GunPoint",
    "ECG5000",
    "SyntheticControl",
    "CBF",
    "SonyAIBORobotSurface2",
)


def had_a_part(name: str) -> bool:
    """Whether settings were chosen on the set of this name."""
    return name in DEVELOPMENT
