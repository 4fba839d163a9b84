"""Point guesses of missing values and of futures that a model must beat; NumPy arrays.

Series are [n, L], one channel; `seen` bool [n, L]. `by_channel` makes them guess
[n, L, C].
"""

import numpy as np

_LAGS = 3  # A season shows at least so often in a window.
_PENALTIES = np.logspace(-3, 3, 13)


def by_channel(guess, x, *others):
    """`guess(x, *others)` of every channel alone; of `others` what is [n, L, C], too."""

    def cut(value, c):
        return value[..., c] if np.ndim(value) == 3 else value

    parts = [
        guess(x[..., c], *(cut(value, c) for value in others))
        for c in range(x.shape[-1])
    ]
    return np.stack(parts, axis=-1)


def linear(x, seen):
    """Lines between observed values, ends held."""
    time = np.arange(x.shape[1])
    rows = zip(x, seen, strict=True)
    return np.stack([np.interp(time, time[s], y[s]) for y, s in rows])


def last_value(x, seen):
    """The last observed value; before the first, the first."""
    at = np.maximum.accumulate(np.where(seen, np.arange(x.shape[1]), -1), axis=1)
    at = np.where(at < 0, seen.argmax(1)[:, None], at)
    return np.take_along_axis(x, at, 1)


def period(x_train):
    """The lag of the highest local maximum of the mean autocorrelation; 0: none."""
    x = x_train - x_train.mean(1, keepdims=True)
    most = x.shape[1] // _LAGS
    acf = np.array(
        [(x[:, lag:] * x[:, : x.shape[1] - lag]).mean() for lag in range(most)]
    )
    inner = (acf[1:-1] > acf[:-2]) & (acf[1:-1] > acf[2:]) & (acf[1:-1] > 0)
    lags = np.flatnonzero(inner) + 1
    return int(lags[acf[lags].argmax()]) if len(lags) else 0


def seasonal_naive(x, seen, season):
    """The last observed value of the same phase, else that of the next season."""
    guess = np.full(x.shape, np.nan)
    for phase in range(season):
        part = slice(phase, None, season)
        some = seen[:, part].any(1)
        guess[some, part] = last_value(x[some, part], seen[some, part])
    return np.where(np.isnan(guess), linear(x, seen), guess)


def nearest_neighbours(x, seen, x_train):
    """scikit-learn's KNNImputer: the 5 training series nearest in what is observed."""
    from sklearn.impute import KNNImputer

    known = KNNImputer(n_neighbors=5).fit(x_train)
    return known.transform(np.where(seen, x, np.nan))


def ridge(x, start, x_train):
    """scikit-learn's RidgeCV from all of the past to all of the future; [n, L]."""
    from sklearn.linear_model import RidgeCV

    model = RidgeCV(_PENALTIES).fit(x_train[:, :start], x_train[:, start:])
    return np.concatenate([x[:, :start], model.predict(x[:, :start])], axis=1)


def auto_ets(x, start, season):
    """aeon's AutoETS, fitted to the past of each series alone; season 0: without."""
    from aeon.forecasting.stats import AutoETS

    horizon = x.shape[1] - start
    guesses = []
    for row in x.astype(np.float64):
        guess = AutoETS(season or None).iterative_forecast(row[:start], horizon)
        # Where its optimiser fails, the last value is what a user would take.
        guesses.append(np.where(np.isfinite(guess), guess, row[start - 1]))
    return np.concatenate([x[:, :start], np.stack(guesses)], axis=1)
