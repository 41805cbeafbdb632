"""What must hold among the values of exponential smoothing."""

from __future__ import annotations

import math

import numpy as np

from skgru.persistence._conditions import array, get, require, whole

# Numbers that a packed block may stand for: many times what a fit puts into one.
_LARGEST_BLOCK = 2**26


def check_panel(panel) -> None:
    """A panel's series fill its values, those of an instance are of one length."""
    n_columns = len(panel.columns) + len(panel.regressors)
    n_series = panel.n_instances * n_columns
    require(len(panel.columns) > 0 and panel.n_instances > 0, "the panel")
    require(panel.instances is None or len(panel.instances) == panel.n_instances, "instances")
    require(panel.instances is not None or panel.n_instances == 1, "instances")
    require(array(panel.values, (None,), finite=False), "the panel's values")
    require(not np.isinf(panel.values).any(), "the panel's values")
    require(array(panel.offsets, (n_series + 1,), np.int64), "the panel's offsets")
    require(panel.offsets[0] == 0 and panel.offsets[-1] == len(panel.values), "offsets")
    lengths = np.diff(panel.offsets)
    require((lengths > 0).all(), "offsets")
    require((lengths == np.tile(panel.lengths, n_columns)).all(), "offsets")


def check_settings(settings) -> None:
    """Candidates, period, and what narrows them."""
    require(settings.specs and whole(settings.sp, 1), "the candidates")
    require(array(settings.bounds, (4, 2)), "bounds")
    for starts in (settings.search.starts, settings.search.seasonal_starts):
        require(array(starts, (None, 4)), "search")
    season = settings.fixed.season
    require(array(season, (None,)) and len(season) in (0, settings.sp), "initial_seasonal")


def check_forecaster(estimator) -> None:
    """The blocks of a forecaster's models are those of its panel."""
    if "_models" not in vars(estimator):
        return
    kept, panel = estimator._models, get(estimator, "_panel")
    require(type(kept).__name__ == "Kept" and type(panel).__name__ == "Panel", "the models")
    edges = kept.edges
    require(all(map(whole, edges)) and edges == sorted(set(edges)), "edges")
    require(edges and edges[0] == 0 and edges[-1] == panel.n_instances, "edges")
    require(len(kept.blocks) == len(edges) - 1 and whole(kept.n_jobs, 1), "the models")
    for first, last, models in zip(edges, edges[1:], kept.blocks):
        _check_models(models, panel.part(first, last))
        own = models.fitted if type(models).__name__ == "Packed" else models
        require(len(own.settings.specs) <= len(kept.settings.specs), "the candidates")
        require(own.settings.sp == kept.settings.sp, "the period")


def _check_models(models, panel) -> None:
    """Models and the series that they were fitted to; packed ones are opened for it."""
    if type(models).__name__ == "Packed":
        _check_packed(models, panel)
        from skgru.ets import _packed  # imports pandas

        with np.errstate(all="ignore"):
            models = _packed.unpack(models, panel)
    _check_fitted(models, panel)


def _check_packed(packed, panel) -> None:
    """What must hold before models can be opened."""
    fitted = packed.fitted
    n, m, sp = panel.n_series, len(fitted.settings.specs), fitted.settings.sp
    require(n * m * (2 + sp) <= _LARGEST_BLOCK, "the period")
    _check_choice(fitted, panel)
    if not packed.follow:
        require(array(fitted.weights, (n, m)), "weights")
    require(array(packed.n_observed, (n,), np.int64), "n_observed")
    for name in ("smoothing", "states", "sse"):
        require(array(getattr(packed, name), (None,), finite=False), name)
    require(array(packed.seasons, (None, sp), np.float32), "seasons")
    require(array(packed.exponents, (len(packed.seasons),), np.int16), "exponents")
    if packed.companion is not None:
        _check_packed(packed.companion, panel)
    if fitted.bag is not None:
        _check_bag(fitted.bag, panel)
        require(type(fitted.bag.models).__name__ == "Packed", "the versions")
        _check_packed(fitted.bag.models, fitted.bag.panel)


def _check_fitted(fitted, panel) -> None:
    _check_choice(fitted, panel)
    n, m, sp = panel.n_series, len(fitted.settings.specs), fitted.settings.sp
    for name, shape, kind in (
        ("status", (n, m), np.int8),
        ("smoothing", (n, m, 4), np.float64),
        ("initial", (n, m, 2 + sp), np.float64),
        ("final", (n, m, 2 + sp), np.float64),
        ("loss", (n, m), np.float64),
        ("sse", (n, m), np.float64),
        ("n_observed", (n,), np.int64),
        ("n_times", (n,), np.int64),
    ):
        require(array(getattr(fitted.fits, name), shape, kind, finite=False), name)
    require((fitted.fits.n_times == np.tile(panel.lengths, len(panel.columns))).all(), "n_times")
    require(array(fitted.weights, (n, m)) and (fitted.weights >= 0).all(), "weights")
    if fitted.companion is not None:
        _check_fitted(fitted.companion, panel)
    if fitted.bag is not None:
        _check_bag(fitted.bag, panel)
        _check_fitted(fitted.bag.models, fitted.bag.panel)


def _check_choice(fitted, panel) -> None:
    """What packed models hold as they are."""
    n, m = panel.n_series, len(fitted.settings.specs)
    require(array(fitted.criteria, (n, m), finite=False), "criteria")
    require(array(fitted.best, (n,), np.int64), "best")
    require(((fitted.best >= 0) & (fitted.best < m)).all(), "best")
    require(fitted.lambdas is None or array(fitted.lambdas, (n,)), "lambdas")
    require(fitted.shares is None or array(fitted.shares, (n,)), "shares")
    require(array(fitted.coefficients, (n, len(panel.regressors))), "coefficients")
    require(all(array(pattern, (n, None)) and pattern.size for pattern in fitted.cycles), "cycles")
    require(whole(fitted.n_paths, 1, 10**7) and math.isfinite(fitted.charge), "n_simulations")


def _check_bag(bag, panel) -> None:
    """As many versions of each series, without regressors."""
    require(type(bag).__name__ == "Bag", "the versions")
    versions = bag.panel
    require(len(versions.columns) == 1 and not versions.regressors, "the versions")
    require(versions.n_series % panel.n_series == 0, "the versions")
