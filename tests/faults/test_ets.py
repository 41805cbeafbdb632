"""What ETSForecaster makes of faulty input: a clear error or the right answer."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError as SklearnNotFitted
from sktime.exceptions import NotFittedError

from skgru import ETSForecaster

rng = np.random.default_rng(0)
MONTHS = pd.period_range("2015-01", periods=60, freq="M")
VALUES = 50 + np.arange(60) + 8 * np.sin(np.arange(60) * np.pi / 6) + rng.normal(0, 2, 60)
SERIES = pd.Series(VALUES, MONTHS)
FH = [1, 2, 12]


def forecasts(y, fh=FH, **parameters):
    """Forecasts and intervals, which must be finite and in order."""
    forecaster = ETSForecaster(**parameters).fit(y)
    found = forecaster.predict(fh=fh)
    assert np.isfinite(np.asarray(found)).all()
    bounds = forecaster.predict_interval(fh=fh, coverage=0.9).to_numpy()
    assert np.isfinite(bounds).all()
    assert (bounds[:, 0] <= bounds[:, 1]).all()
    return found


def changed(where, value):
    """The series with one value replaced."""
    y = SERIES.copy()
    y.iloc[where] = value
    return y


# ---------------------------------------------------------------------- y that cannot be read


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (changed(5, np.inf), "infin"),
        (changed(5, -np.inf), "infin"),
        (SERIES * np.nan, "no value that is not missing"),
        (SERIES.iloc[:0], "."),
        (None, "."),
        ("a series", "."),
        (3.0, "."),
        (SERIES.astype(str), "."),
        (pd.Series(["a"] * 60, MONTHS), "."),
        (SERIES + 1j, "."),
        (SERIES.to_list(), "."),
        (pd.Series(VALUES, list("ab" * 30)), "."),
        (SERIES.iloc[::-1], "."),
        (SERIES.astype(object), "categorical"),
        (pd.Series(VALUES, MONTHS[[0, *range(59)]]), "twice"),
        (pd.Series(VALUES, pd.to_datetime(["2020"] * 60)), "twice"),
        (rng.normal(size=(3, 4, 5, 6)), "."),
        ({"a": SERIES}, "."),
    ],
    ids=[
        *("inf", "-inf", "all NaN", "empty", "None", "word", "scalar", "digits", "words"),
        *("complex", "list", "names as index", "reversed", "objects", "duplicated period"),
        *("duplicated date", "four dimensions", "dictionary"),
    ],
)
def test_y_that_is_refused(y, message):
    forecaster = ETSForecaster()
    refusals = (ValueError, TypeError, AssertionError)  # the last is sktime's, for None
    with pytest.raises(refusals, match=message):
        forecaster.fit(y)
    with pytest.raises((NotFittedError, SklearnNotFitted)):
        forecaster.predict(fh=FH)


@pytest.mark.parametrize("error", ["add", "mul", "auto"])
@pytest.mark.parametrize("trend", [None, "add", "mul", "auto"])
@pytest.mark.parametrize("values", ["zero", "negative", "mixed"])
def test_signs(error, trend, values):
    y = {"zero": changed(3, 0.0), "negative": -SERIES, "mixed": SERIES - SERIES.mean()}[values]
    if "mul" in (error, trend):
        with pytest.raises(ValueError, match="positive"):
            forecasts(y, error=error, trend=trend)
    else:
        forecasts(y, error=error, trend=trend)


# ---------------------------------------------------------------------- y that is odd

ODD = {
    "a gap": changed(30, np.nan),
    "begins with a gap": changed(0, np.nan),
    "ends with a gap": changed(-1, np.nan),
    "nine of ten missing": SERIES.where(np.arange(60) % 10 == 3),
    "constant": SERIES * 0 + 7,
    "zeros": SERIES * 0,
    "constant but one": changed(20, 1000.0) * 0 + np.where(np.arange(60) == 20, 5.0, 1.0),
    "straight line": SERIES * 0 + np.arange(60.0),
    "outlier": changed(20, 1e15),
    "huge": SERIES * 1e100,
    "tiny": SERIES * 1e-100,
    "far from zero": SERIES + 1e12,
    "steps of float32": SERIES.astype(np.float32),
    "whole numbers": SERIES.astype(int),
    "bool": SERIES > 80,
    "alternating": pd.Series((-1.0) ** np.arange(60), MONTHS),
    "explosive": pd.Series(1.5 ** np.arange(60), MONTHS),
    "frame of one column": SERIES.to_frame("sold"),
    "array": VALUES,
    "array of one column": VALUES[:, None],
    "read-only": pd.Series(np.frombuffer(VALUES.tobytes()), MONTHS),
    "dates": SERIES.to_timestamp(),
    "days": pd.Series(VALUES, pd.date_range("2020-02-01", periods=60)),
    "integers": SERIES.reset_index(drop=True),
    "integers in threes": pd.Series(VALUES, range(0, 180, 3)),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("sp", [1, 12])
def test_odd_series_are_forecast(kind, sp):
    assert len(forecasts(ODD[kind], sp=sp)) == 3


@pytest.mark.parametrize("n", [4, 5, 8, 13])
@pytest.mark.parametrize("sp", [1, 4, 12, 52])
def test_short_series_are_forecast(n, sp):
    assert len(forecasts(SERIES.iloc[:n], sp=sp)) == 3


@pytest.mark.parametrize(
    "y", [SERIES.iloc[:n] for n in (1, 2, 3)] + [SERIES.where(np.isin(np.arange(60), [20, 40]))]
)
@pytest.mark.parametrize("sp", [1, 12])
def test_next_to_nothing_is_forecast_with_a_warning(y, sp):
    with pytest.warns(UserWarning, match="fewer than 4 values"):
        found = forecasts(y, sp=sp)
    assert y.min() <= found.min() <= found.max() <= y.max()


@pytest.mark.filterwarnings("ignore:.*too few values")  # no model is left but one
def test_what_no_float_can_square_is_an_error():
    with pytest.raises(ValueError, match="Divide the series by its size"):
        forecasts(SERIES * 1e200)


@pytest.mark.parametrize("size", [1e-310, 1e-9, 1e9, 1e100])
def test_forecasts_have_the_size_of_the_series(size):
    np.testing.assert_allclose(
        forecasts(SERIES * size, sp=12).to_numpy(),
        forecasts(SERIES, sp=12).to_numpy() * size,
        rtol=1e-6,
    )


def test_a_constant_is_forecast():
    np.testing.assert_allclose(forecasts(ODD["constant"]), 7, rtol=1e-12)
    np.testing.assert_array_equal(forecasts(ODD["zeros"]), 0)


def test_the_series_is_left_alone():
    y = ODD["a gap"].copy()
    forecasts(y, sp=12)
    pd.testing.assert_series_equal(y, ODD["a gap"])


# ---------------------------------------------------------------------- parameters

WRONG = [
    ("sp", 0),
    ("sp", -1),
    ("sp", 2.5),
    ("sp", "year"),
    ("sp", []),
    ("sp", [12, 25]),
    ("error", "multi"),
    ("error", None),
    ("trend", "linear"),
    ("seasonal", "yearly"),
    ("damped_trend", "yes"),
    ("information_criterion", "hqic"),
    ("alpha", 2.5),
    ("alpha", np.nan),
    ("beta", -0.1),
    ("phi", 1.5),
    ("gamma", -1),
    ("initial_level", "high"),
    ("initial_level", np.nan),
    ("bounds", "tight"),
    ("objective", "mape"),
    ("boxcox", "log"),
    ("boxcox", np.nan),
    ("search", "all"),
    ("combine", "sometimes"),
    ("n_jobs", 0),
    ("n_simulations", 0),
    ("random_state", "seed"),
    ("verbose", -1),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda v: repr(v))
def test_a_wrong_parameter_is_named_at_fit(name, value):
    forecaster = ETSForecaster(**{name: value})
    with pytest.raises((ValueError, TypeError), match=name if name != "random_state" else "seed"):
        forecaster.fit(SERIES)


# ---------------------------------------------------------------------- horizons and coverage


@pytest.mark.parametrize(
    "fh", [None, "next", [1.5], [], [np.nan], [1, 1], {}], ids=lambda v: repr(v)
)
def test_a_horizon_that_is_refused(fh):
    forecaster = ETSForecaster().fit(SERIES)
    with pytest.raises((ValueError, TypeError)):
        forecaster.predict(fh=fh)


@pytest.mark.parametrize("fh", [[1000], [-5, 0, 3], [-100], range(1, 400)], ids=str)
def test_any_horizon_is_answered_or_refused(fh):
    forecaster = ETSForecaster(sp=12).fit(SERIES)
    try:
        found = forecaster.predict(fh=fh)
    except ValueError:
        assert min(fh) < -60  # before the series began
    else:
        assert np.isfinite(found).all()


@pytest.mark.parametrize("wrong", [0, -1, 2.7, "3", None, True, np.nan], ids=repr)
def test_a_number_of_futures_that_is_refused(wrong):
    forecaster = ETSForecaster().fit(SERIES)
    with pytest.raises(ValueError, match="n_periods is an integer"):
        forecaster.simulate(wrong)
    with pytest.raises(ValueError, match="n_simulations is an integer"):
        forecaster.simulate(3, n_simulations=wrong)


@pytest.mark.parametrize("coverage", [0, 1, 1.5, -0.1, np.nan, "all"])
def test_a_coverage_that_is_refused(coverage):
    forecaster = ETSForecaster().fit(SERIES)
    with pytest.raises((ValueError, TypeError)):
        forecaster.predict_interval(fh=FH, coverage=coverage)


def test_wider_coverage_is_wider():
    bounds = ETSForecaster(sp=12).fit(SERIES).predict_interval(fh=FH, coverage=[0.5, 0.9, 0.99])
    widths = bounds.to_numpy()[:, 1::2] - bounds.to_numpy()[:, ::2]
    assert (np.diff(widths, axis=1) > 0).all()


# ---------------------------------------------------------------------- state


@pytest.mark.parametrize("method", ["predict", "summary", "to_json", "simulate", "update"])
def test_before_fit(method):
    arguments = {"predict": (FH,), "simulate": (3,), "update": (SERIES,)}.get(method, ())
    with pytest.raises((NotFittedError, SklearnNotFitted)):
        getattr(ETSForecaster(), method)(*arguments)


def test_a_failed_refit_says_so_and_the_next_one_works():
    forecaster = ETSForecaster(sp=12).fit(SERIES)
    expected = forecaster.predict(fh=FH)
    with pytest.raises(ValueError, match="infin"):
        forecaster.fit(changed(2, np.inf))
    pd.testing.assert_series_equal(forecaster.fit(SERIES).predict(fh=FH), expected)


@pytest.mark.parametrize("new", [np.inf, -np.inf])
def test_a_failed_update_leaves_the_forecasts(new):
    forecaster = ETSForecaster(sp=12).fit(SERIES)
    expected = forecaster.predict(fh=FH)
    later = pd.Series([new], pd.period_range("2020-01", periods=1, freq="M"))
    with pytest.raises(ValueError, match="infin"):
        forecaster.update(later)
    pd.testing.assert_series_equal(forecaster.predict(fh=FH), expected)


@pytest.mark.parametrize("how", ["pickle", "deepcopy", "JSON", "clone"])
def test_copies(how):
    forecaster = ETSForecaster(sp=12, random_state=0).fit(SERIES)
    again = {
        "pickle": lambda: pickle.loads(pickle.dumps(forecaster)),
        "deepcopy": lambda: copy.deepcopy(forecaster),
        "JSON": lambda: ETSForecaster.from_json(forecaster.to_json()),
        "clone": lambda: forecaster.clone().fit(SERIES),
    }[how]()
    pd.testing.assert_series_equal(again.predict(fh=FH), forecaster.predict(fh=FH))


@pytest.mark.parametrize(
    "record", ["", "{", "[]", "null", "{}", '{"class": "SVC"}', '{"version": 99}', b"\x00"]
)
def test_broken_json_is_refused(record):
    with pytest.raises((ValueError, TypeError, OSError)):
        ETSForecaster.from_json(record)


def test_threads_fit_and_predict_at_once():
    shared = ETSForecaster(sp=12).fit(SERIES)
    expected = shared.predict(fh=FH)

    def work(own):
        forecaster = ETSForecaster(sp=12).fit(SERIES) if own else shared
        return [forecaster.predict(fh=FH) for _ in range(5)]

    with ThreadPoolExecutor(4) as pool:  # hands on what a thread raises
        found = [one for answers in pool.map(work, [False, True] * 2) for one in answers]
    for one in found:
        pd.testing.assert_series_equal(one, expected)


# ---------------------------------------------------------------------- panels

PANEL = pd.concat(
    {"a": SERIES, "b": SERIES.iloc[:30] * 3, "c": SERIES.iloc[10:] + 100}, names=["id", "month"]
).to_frame("sold")


@pytest.mark.parametrize(
    ("fault", "message"),
    [("all NaN", "Series b"), ("inf", "b"), ("words", ".")],
)
def test_a_panel_names_the_series_at_fault(fault, message):
    panel = PANEL.copy()
    value = {"all NaN": np.nan, "inf": np.inf, "words": "a"}[fault]
    panel = panel.astype(object) if fault == "words" else panel
    panel.loc["b"] = value
    with pytest.raises((ValueError, TypeError), match=message):
        ETSForecaster(sp=12).fit(panel)


@pytest.mark.parametrize("kind", ["constant", "zeros", "huge"])
def test_odd_series_of_a_panel_leave_the_others_alone(kind):
    panel = PANEL.copy()
    panel.loc["b"] = {"constant": 5.0, "zeros": 0.0, "huge": 1e100}[kind]
    found = ETSForecaster(sp=12).fit(panel).predict(fh=FH)
    expected = ETSForecaster(sp=12).fit(PANEL).predict(fh=FH)
    assert np.isfinite(found.to_numpy()).all()
    for name in ("a", "c"):
        pd.testing.assert_frame_equal(found.loc[name], expected.loc[name])
