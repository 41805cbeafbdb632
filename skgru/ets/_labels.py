"""Numbers of the series of a panel as frames with the labels of y, and regressors by label."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skgru.ets import _fitted, _series
from skgru.ets._fitted import Fitted
from skgru.ets._recursion import trace
from skgru.ets._series import Panel


def rows(panel: Panel, times: pd.Index, place: np.ndarray, names) -> pd.Index:
    """Labels of forecasts: times of a single instance, or instance and time.

    Parameters
    ----------
    panel : Panel
    times : Index
    place : ndarray of int, shape (N, n_steps)
        Which time each step of each instance has.
    names : sequence
        Of the levels.
    """
    if panel.instances is None:
        return times.take(place[0])
    # From codes: the labels of all rows, one by one, take the room of several forecasts.
    names_of = [panel.instances.get_level_values(k) for k in range(panel.instances.nlevels)]
    instances = pd.MultiIndex.from_arrays(names_of)  # whose levels are sorted, as slices need them
    levels, codes = list(instances.levels), [np.asarray(code) for code in instances.codes]
    which, distinct = times.factorize(sort=True)
    codes = [np.repeat(code, place.shape[1]) for code in codes]
    return pd.MultiIndex([*levels, distinct], [*codes, which[place.ravel()]], names=names)


def series(panel: Panel) -> pd.Index:
    """Labels of the series: columns, instances, or both."""
    if panel.instances is None:
        return pd.Index(panel.columns)
    if len(panel.columns) == 1:
        return panel.instances
    levels = [panel.instances.get_level_values(k) for k in range(panel.instances.nlevels)]
    C, N = len(panel.columns), panel.n_instances
    tiled = [level.take(np.tile(np.arange(N), C)) for level in levels]
    return pd.MultiIndex.from_arrays([*tiled, pd.Index(panel.columns).repeat(N)])


def position(panel: Panel, label) -> int:
    """Number of the series with a label; None stands for the only one.

    Raises
    ------
    ValueError
        Where there is no such series, or None could be several.
    """
    if panel.n_series == 1 and label is None:
        return 0
    index = series(panel)
    if label is None:
        raise ValueError(
            f"There are {len(index)} series; name one, for example series={index[0]!r}."
        )
    try:
        return int(index.get_loc(label))
    except (KeyError, TypeError):
        raise ValueError(f"There is no series {label!r}; the first one is {index[0]!r}.") from None


def frame(panel: Panel, table: np.ndarray, index: pd.Index, inner=None) -> pd.DataFrame:
    """Numbers as a frame with a row for each label.

    Parameters
    ----------
    panel : Panel
    table : ndarray, shape (n_series, n_steps) or (n_series, n_inner, n_steps)
    index : Index, length N n_steps
    inner : sequence, length n_inner, optional
        Labels below each column of y.
    """
    C, N = len(panel.columns), panel.n_instances
    cells = table.reshape(C, N, 1 if inner is None else len(inner), -1).transpose(1, 3, 0, 2)
    columns = pd.Index(panel.columns)
    if inner is not None:
        columns = pd.MultiIndex.from_product([panel.columns, inner])
    return pd.DataFrame(cells.reshape(len(index), -1), index=index, columns=columns)


def sample(panel: Panel, table: np.ndarray, index: pd.Index) -> pd.DataFrame:
    """Draws, (n_series, n_draws, n_steps), one below the other; the draw is the first level."""
    C, N, n_draws = len(panel.columns), panel.n_instances, table.shape[1]
    cells = table.reshape(C, N, n_draws, -1).transpose(2, 1, 3, 0).reshape(-1, C)
    place = np.tile(np.arange(len(index)), n_draws)
    levels = [index.get_level_values(k).take(place) for k in range(index.nlevels)]
    labels = pd.MultiIndex.from_arrays([np.repeat(np.arange(n_draws), len(index)), *levels])
    return pd.DataFrame(cells, index=labels, columns=pd.Index(panel.columns))


def by_series(panel: Panel, values: list):
    """The only value, or one for each series."""
    return values[0] if panel.n_series == 1 else pd.Series(values, index=series(panel))


def by_candidate(panel: Panel, specs, table: np.ndarray):
    """Numbers of each candidate, of each series in a row where there are several."""
    names = [spec.name for spec in specs]
    if panel.n_series == 1:
        return pd.Series(table[0], index=names)
    return pd.DataFrame(table, index=series(panel), columns=names)


def observed(panel: Panel, index: pd.Index) -> pd.DataFrame:
    """Values of y by the labels of all steps, or of the last one of each instance."""
    values, _ = panel.targets
    table = values.reshape(len(panel.columns), -1)[:, _kept(panel, index)]
    return pd.DataFrame(table.T, index=index, columns=pd.Index(panel.columns))


def _kept(panel: Panel, index: pd.Index):
    """Which steps of the instances an index has labels for."""
    ends = panel.offsets[1 : panel.n_instances + 1]
    return slice(None) if len(index) == ends[-1] else ends - 1


def states(fitted: Fitted, panel: Panel) -> np.ndarray:
    """Level, slope and season of the best models, NaN where a model lacks one.

    Returns
    -------
    ndarray, shape (n_columns, n_steps of all instances, 3)
    """
    values, offsets = _fitted.adjusted(fitted, panel)
    table = np.empty((len(values), 3))
    for s in range(panel.n_series):
        fit, own = fitted.single(s), slice(offsets[s], offsets[s + 1])
        error, trend, _, season = fit.spec.code
        start = fit.initial.copy()
        trace(values[own], error, trend, season, fit.sp, 0, fit.smoothing, start, table[own])
        table[own, 1] = table[own, 1] if trend else np.nan
        table[own, 2] = table[own, 2] if season else np.nan
    return table.reshape(len(panel.columns), -1, 3)


def state_frame(panel: Panel, table: np.ndarray, index: pd.Index) -> pd.DataFrame:
    """What `states` found, by label; as `observed`."""
    names = ["level", "slope", "season"]
    columns = pd.MultiIndex.from_product([panel.columns, names])
    cells = table[:, _kept(panel, index)].transpose(1, 0, 2)
    return pd.DataFrame(
        cells.reshape(len(index), -1),
        index=index,
        columns=columns if len(panel.columns) > 1 else pd.Index(names),
    )


def shift(panel: Panel, coefficients: np.ndarray, X, steps: np.ndarray, index):
    """What the regressors add to each forecast; None without regressors.

    Parameters
    ----------
    panel : Panel
    coefficients : ndarray, shape (n_series, n_regressors)
    X : DataFrame or None
        None will do for steps within the series.
    steps : ndarray of int, shape (n_series, n_steps)
    index : Index or None
        Labels of the forecasts; only where there is X.

    Returns
    -------
    ndarray, shape (n_series, n_steps), or None
    """
    if not panel.regressors:
        return None
    N, C, k = panel.n_instances, len(panel.columns), len(panel.regressors)
    if X is None:
        if (steps > 0).any():
            raise ValueError(
                f"The model was fitted with X of columns {panel.regressors}; pass X with a row for "
                "each time of fh."
            )
        found = np.stack([panel.explained_by(i)[panel.lengths[i] - 1 + steps[i]] for i in range(N)])
    else:
        if set(X.columns) != set(panel.regressors):
            raise ValueError(
                f"X has columns {list(X.columns)}; the model was fitted with {panel.regressors}."
            )
        found = _series.select(X[panel.regressors], index).reshape(N, -1, k)
    if np.isnan(found).any():
        raise ValueError(
            "X is missing at a time of fh: the forecast there is not known. Fill it in."
        )
    return np.einsum("ntk,cnk->cnt", found, coefficients.reshape(C, N, k)).reshape(steps.shape)
