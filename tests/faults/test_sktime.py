"""What the estimators for sktime make of faulty input: a clear error or the right answer."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError as SklearnNotFitted
from sktime.exceptions import NotFittedError
from sktime.forecasting.base import ForecastingHorizon

from skgru import ETSForecaster
from skgru.sktime import GRUClassifier, GRUForecaster, GRURegressor

SMALL = {"units": 2, "embedding_units": 4, "epochs": 1, "random_state": 0}
REFUSALS = (ValueError, TypeError, AssertionError)  # the last is sktime's, for None
UNFITTED = (NotFittedError, SklearnNotFitted)

rng = np.random.default_rng(0)

# ====================================================================== panels of series

CUBE = rng.normal(size=(12, 2, 7))  # instances, channels, steps
Y = {GRUClassifier: np.array(["a", "b"] * 6), GRURegressor: CUBE.sum(axis=(1, 2))}
each_class = pytest.mark.parametrize("cls", list(Y))


def changed(where, value):
    """The panel with one value replaced."""
    data = CUBE.copy()
    data[where] = value
    return data


def frames(cube):
    """A panel as a list of frames."""
    return [pd.DataFrame(one.T, columns=["x", "z"]) for one in cube]


def long_frame(cube):
    """A panel as one frame under instances and times."""
    return pd.concat(dict(enumerate(frames(cube))), names=["instance", "time"])


def answer(model, data):
    """Probabilities or predictions, which must be finite."""
    found = model.predict_proba(data) if isinstance(model, GRUClassifier) else model.predict(data)
    assert np.isfinite(found).all()
    return found


@pytest.fixture(scope="module")
def plain():
    return {cls: cls(**SMALL).fit(CUBE, y) for cls, y in Y.items()}


WRONG_PANELS = {
    "infinity": (changed((3, 1, 2), np.inf), "infinity|sample 3"),
    "minus infinity": (changed((3, 1, 2), -np.inf), "infinity|sample 3"),
    "a series of NaN": (changed(3, np.nan), "series 3 holds only NaN"),
    "no instance": (CUBE[:0], "."),
    "no channel": (CUBE[:, :0], "."),
    "no step": (CUBE[:, :, :0], "."),
    "one dimension": (CUBE[:, 0, 0], "."),
    "four dimensions": (CUBE[None], "."),
    "None": (None, "."),
    "words": (np.full(CUBE.shape, "a"), "."),
    "complex": (CUBE + 1j, "."),
    "a word": ("panel", "."),
    "a dictionary": ({"a": CUBE}, "."),
    "frames of other columns": ([*frames(CUBE)[:11], frames(CUBE)[0][["x"]]], "."),
    "an empty frame": ([*frames(CUBE)[:11], frames(CUBE)[0][:0]], "."),
    "text columns": ([frame.astype(str) for frame in frames(CUBE)], "."),
}


@each_class
@pytest.mark.parametrize("fault", WRONG_PANELS)
def test_a_panel_that_is_refused(cls, fault):
    data, message = WRONG_PANELS[fault]
    model = cls(**SMALL)
    with pytest.raises((*REFUSALS, AttributeError, IndexError), match=message):
        model.fit(data, Y[cls])
    with pytest.raises(UNFITTED):
        model.predict(CUBE)


@each_class
@pytest.mark.parametrize("fault", ["infinity", "a series of NaN", "words", "complex", "None"])
def test_a_panel_that_is_refused_by_predict(cls, fault, plain):
    data, message = WRONG_PANELS[fault]
    with pytest.raises(REFUSALS, match=message):
        plain[cls].predict(data)
    answer(plain[cls], CUBE)


@each_class
@pytest.mark.parametrize(
    "form",
    [frames, long_frame, np.asfortranarray, lambda a: a[::-1].copy()[::-1]]
    + [lambda a: a.astype(object), "read-only", "map"],
)
def test_every_form_of_a_panel_gives_the_same(cls, form, plain, tmp_path):
    if form == "map":
        np.save(tmp_path / "X.npy", CUBE)
        data = np.load(tmp_path / "X.npy", mmap_mode="r")
    elif form == "read-only":
        data = CUBE.copy()
        data.setflags(write=False)
    else:
        data = form(CUBE)
    model = cls(**SMALL).fit(data, Y[cls])
    np.testing.assert_allclose(answer(model, data), answer(plain[cls], CUBE), atol=1e-6)


ODD_PANELS = {
    "constant": CUBE * 0 + 7,
    "zeros": CUBE * 0,
    "huge": CUBE * 1e30,
    "beyond float32": CUBE * 1e300,
    "tiny": CUBE * 1e-30,
    "denormal": CUBE * 1e-310,
    "far from zero": CUBE + 1e8,
    "an outlier": changed((0, 0, 0), 1e15),
    "a gap": changed((2, 1, 3), np.nan),
    "a missing channel": changed((slice(None), 1), np.nan),
    "whole numbers": (CUBE * 10).astype(int),
    "bool": CUBE > 0,
    "float32": CUBE.astype(np.float32),
    "one step": CUBE[:, :, :1],
    "one channel": CUBE[:, :1],
    "ragged": [frame[: 1 + i % 7] for i, frame in enumerate(frames(CUBE))],
}


@each_class
@pytest.mark.parametrize("kind", ODD_PANELS)
def test_odd_panels_have_finite_answers(cls, kind):
    data = ODD_PANELS[kind]
    assert len(answer(cls(**SMALL).fit(data, Y[cls]), data)) == 12


@each_class
@pytest.mark.parametrize(
    "y", [None, [1, 2], np.ones((12, 2, 2)), [None] * 12, "abababababab"], ids=repr
)
def test_targets_that_are_refused(cls, y):
    with pytest.raises((*REFUSALS, AttributeError)):
        cls(**SMALL).fit(CUBE, y)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_targets_that_are_not_finite_are_refused(value):
    y = Y[GRURegressor].copy()
    y[3] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        GRURegressor(**SMALL).fit(CUBE, y)


@each_class
@pytest.mark.parametrize(
    ("name", "value"),
    [("units", 0), ("units", "many"), ("epochs", -1), ("learning_rate", np.nan), ("batch_size", 0)]
    + [("dropout", 1), ("engine", "torch"), ("pooling", "median"), ("verbose", -1)],
)
def test_a_wrong_parameter_of_a_panel_is_named(cls, name, value):
    with pytest.raises(ValueError, match=name):
        cls(**{**SMALL, name: value}).fit(CUBE, Y[cls])


@each_class
def test_the_state_of_a_panel_estimator(cls, plain):
    with pytest.raises(UNFITTED):
        cls(**SMALL).predict(CUBE)
    with pytest.raises(ValueError):  # noqa: PT011  sktime's words
        plain[cls].predict(CUBE[:, :1])
    model = copy.deepcopy(plain[cls])
    with pytest.raises(ValueError, match="infinity"):
        model.fit(changed((0, 0, 0), np.inf), Y[cls])
    with pytest.raises(UNFITTED):  # sktime forgets before a fit
        model.predict(CUBE)
    np.testing.assert_array_equal(answer(model.fit(CUBE, Y[cls]), CUBE), answer(plain[cls], CUBE))
    for again in (pickle.loads(pickle.dumps(plain[cls])), copy.deepcopy(plain[cls])):
        np.testing.assert_array_equal(answer(again, CUBE), answer(plain[cls], CUBE))
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        pickle.loads(pickle.dumps(plain[cls])[:-200])


@each_class
def test_seeds_and_threads_of_panel_estimators(cls, plain):
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    expected = answer(cls(**SMALL).fit(CUBE, Y[cls]), CUBE)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: answer(plain[cls], CUBE), range(8)):
            np.testing.assert_array_equal(found, expected)


# ====================================================================== forecasters

MONTHS = pd.period_range("2015-01", periods=48, freq="M")
DAYS = pd.date_range("2020-01-01", periods=48)
VALUES = 20 + 3 * np.sin(np.arange(48) * np.pi / 6) + rng.normal(size=48)
SERIES = pd.Series(VALUES, MONTHS)
DAILY = pd.Series(VALUES, DAYS)
FH = [1, 2, 5]
FORECASTERS = {
    "GRU": lambda: GRUForecaster(horizon=3, window_length=6, **SMALL),
    "ETS": lambda: ETSForecaster(sp=1, random_state=0),
}
each_kind = pytest.mark.parametrize("kind", FORECASTERS)


def dated(index):
    """The values under the first times of an index."""
    return pd.Series(VALUES[: len(index)], index)


def forecasts(kind, y, fh=FH, X=None, ahead=None):
    """Forecasts, which must be finite as their intervals are, and these in order."""
    forecaster = FORECASTERS[kind]().fit(y, X=X)
    found = forecaster.predict(fh=fh, X=ahead)
    assert np.isfinite(np.asarray(found)).all()
    bounds = forecaster.predict_interval(fh=fh, X=ahead).to_numpy()
    assert np.isfinite(bounds).all()
    assert (bounds[:, ::2] <= bounds[:, 1::2]).all()
    return found


def with_value(where, value):
    y = SERIES.copy()
    y.iloc[where] = value
    return y


# ---------------------------------------------------------------------- y

WRONG_Y = {
    "infinity": (with_value(5, np.inf), "infinit.* 2015-06|infinite value at step 5"),
    "minus infinity": (with_value(5, -np.inf), "infinit"),
    "all NaN": (SERIES * np.nan, "observed value|not missing"),
    "empty": (SERIES[:0], "empty"),
    "None": (None, "None"),
    "a word": ("a series", "."),
    "a number": (3.0, "."),
    "a list": (SERIES.to_list(), "."),
    "digits": (SERIES.astype(str), "categorical"),
    "objects": (SERIES.astype(object), "categorical"),
    "complex": (SERIES + 1j, "complex"),
    "reversed": (SERIES[::-1], "."),
    "shuffled days": (DAILY.sample(frac=1, random_state=0), "."),
    "a period twice": (dated(MONTHS[[0, *range(47)]]), "stands twice"),
    "a day twice": (dated(DAYS[[0, *range(47)]]), "stands twice"),
    "an integer twice": (dated(pd.Index([0, *range(47)])), "stands twice"),
    "all at once": (dated(pd.DatetimeIndex(["2020"] * 48)), "stands twice"),
    "text times": (dated(pd.Index([f"t{i:02d}" for i in range(48)])), "."),
    "halves": (dated(pd.Index(np.arange(48) / 2)), "."),
    "categories": (dated(pd.CategoricalIndex(list("abcdef") * 8)), "."),
    "a gap of a billion": (dated(pd.Index([*range(47), 10**9])), "spans 1000000001 steps"),
    "a gap of a million hours": (
        dated(pd.period_range("2020", periods=47, freq="h").insert(47, pd.Period("2200", "h"))),
        "spans",
    ),
}


@each_kind
@pytest.mark.parametrize("fault", WRONG_Y)
def test_y_that_is_refused(kind, fault):
    y, message = WRONG_Y[fault]
    forecaster = FORECASTERS[kind]()
    with pytest.raises(REFUSALS, match=message):
        forecaster.fit(y)
    with pytest.raises(UNFITTED):
        forecaster.predict(fh=FH)


ODD_Y = {
    "a gap": with_value(20, np.nan),
    "begins with a gap": with_value(0, np.nan),
    "ends with a gap": with_value(-1, np.nan),
    "nine of ten missing": SERIES.where(np.arange(48) % 10 == 3),
    "missing numbers of pandas": pd.Series(pd.array([1, None] * 24, dtype="Int64"), MONTHS),
    "constant": SERIES * 0 + 7,
    "zeros": SERIES * 0,
    "a step at the end": pd.Series(np.r_[np.zeros(47), 1], MONTHS),
    "straight line": pd.Series(np.arange(48.0), MONTHS),
    "outlier": with_value(20, 1e15),
    "negative": -SERIES,
    "huge": SERIES * 1e100,
    "tiny": SERIES * 1e-100,
    "denormal": SERIES * 1e-310,
    "far from zero": SERIES + 1e12,
    "whole numbers": SERIES.astype(int),
    "bool": SERIES > 20,
    "float32": SERIES.astype(np.float32),
    "a frame": SERIES.to_frame("sold"),
    "two columns": pd.DataFrame({"a": SERIES, "b": SERIES * 2}),
    "an array": VALUES,
    "an array of one column": VALUES[:, None],
    "read-only": pd.Series(np.frombuffer(VALUES.tobytes()), MONTHS),
    "nine values": SERIES[:9],
    "five values": SERIES[:5],
}


@each_kind
@pytest.mark.parametrize("series", ODD_Y)
def test_odd_series_are_forecast(kind, series):
    assert len(forecasts(kind, ODD_Y[series])) == 3


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("index", [MONTHS, DAYS, pd.RangeIndex(48)], ids=["M", "D", "integers"])
def test_next_to_nothing_is_forecast(n, index):
    found = forecasts("GRU", dated(index[:n]))
    assert abs(np.asarray(found) - VALUES[:n].mean()).max() < 100


@pytest.mark.parametrize("size", [1e200, 1e300])
def test_what_no_float_can_square_is_an_error(size):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="Divide y by its size"):
        forecasts("GRU", SERIES * size)


# ---------------------------------------------------------------------- times

INDICES = {
    "months": (MONTHS, pd.period_range("2019-01", periods=5, freq="M")),
    "months with gaps": (MONTHS.delete([10, 11]), pd.period_range("2019-01", periods=5, freq="M")),
    "hours": (pd.period_range("2020", periods=48, freq="h"), None),
    "days": (DAYS, pd.date_range("2020-02-18", periods=5)),
    "days without freq": (pd.DatetimeIndex(list(DAYS)), pd.date_range("2020-02-18", periods=5)),
    "days in seconds": (DAYS.as_unit("s"), pd.date_range("2020-02-18", periods=5)),
    "month starts": (pd.date_range("2020-01", periods=48, freq="MS"), None),
    "month ends": (pd.date_range("2020-01", periods=48, freq="ME"), None),
    "every second month": (pd.date_range("2020-01", periods=48, freq="2MS"), None),
    "quarters from November": (pd.date_range("2020-01", periods=48, freq="QS-NOV"), None),
    "years to March": (pd.date_range("2000-01", periods=48, freq="YE-MAR"), None),
    "weeks": (pd.date_range("2020-01", periods=48, freq="W-WED"), None),
    "business days": (pd.date_range("2020-01", periods=48, freq="B"), None),
    "every second day": (pd.date_range("2020-01", periods=48, freq="2D"), None),
    "half hours": (pd.date_range("2020-01", periods=48, freq="30min"), None),
    "days in UTC": (DAYS.tz_localize("UTC"), pd.date_range("2020-02-18", periods=5, tz="UTC")),
    "days in Berlin": (pd.date_range("2020-03-01", periods=48, tz="Europe/Berlin"), None),
    "hours in spring": (pd.date_range("2020-03-27 06:00", periods=48, freq="h"), "zone"),
    "hours in autumn": (pd.date_range("2020-10-23 06:00", periods=48, freq="h"), "zone"),
    "integers": (pd.RangeIndex(48), pd.Index(range(48, 53))),
    "integers before zero": (pd.RangeIndex(-40, 8), pd.Index(range(8, 13))),
    "integers with gaps": (pd.Index([*range(20), *range(25, 53)]), pd.Index(range(53, 58))),
    "every third integer": (pd.RangeIndex(0, 144, 3), pd.Index(range(142, 147))),
}


@each_kind
@pytest.mark.parametrize("name", INDICES)
def test_times_go_on_as_they_were(kind, name):
    index, expected = INDICES[name]
    if isinstance(expected, str):
        index = index.tz_localize("UTC").tz_convert("Europe/Berlin")
    if expected is None or isinstance(expected, str):
        freq = index.freq
        expected = pd.Index([index[-1] + (i + 1) * freq for i in range(5)])
    if kind == "ETS" and name == "every third integer":  # its steps; to the other these are gaps
        expected = pd.RangeIndex(144, 159, 3)
    found = forecasts(kind, dated(index), range(1, 6))
    assert list(found.index) == list(expected)


@each_kind
@pytest.mark.parametrize(
    "index",
    [DAYS.delete([20, 21]), pd.DatetimeIndex(np.cumsum(rng.integers(1, 90, 48)) * 86400 * 10**9)]
    + [pd.date_range("2020-01", periods=48, freq="MS") + pd.Timedelta(days=14)],
    ids=["days left out", "any days", "middles of months"],
)
def test_dates_without_a_frequency_have_no_next_one(kind, index):
    forecaster = FORECASTERS[kind]().fit(dated(index))
    with pytest.raises(ValueError, match=r"show no frequency.*asfreq"):
        forecaster.predict(fh=FH)
    with pytest.raises(ValueError, match="show no frequency"):
        forecaster.predict(fh=pd.date_range(index[-1] + pd.Timedelta(days=1), periods=2))


@each_kind
@pytest.mark.parametrize("end", ["2020-03-28 20:00", "2020-03-29 00:00", "2020-10-25 00:00"])
def test_clocks_that_change_lose_and_gain_no_hour(kind, end):
    index = pd.date_range(end=end, periods=48, freq="h", tz="Europe/Berlin")
    forecaster = FORECASTERS[kind]().fit(dated(index))
    relative = forecaster.predict(fh=range(1, 9))
    hours = relative.index.tz_convert("UTC")
    assert (np.diff(hours) == pd.Timedelta(hours=1)).all()
    asked = ForecastingHorizon(relative.index[[0, 2, 5, 7]], is_relative=False)
    np.testing.assert_array_equal(forecaster.predict(fh=asked), relative.iloc[[0, 2, 5, 7]])
    plain = FORECASTERS[kind]().fit(dated(index.tz_convert("UTC").tz_localize(None)))
    np.testing.assert_allclose(plain.predict(fh=range(1, 9)), relative, rtol=1e-6)


# ---------------------------------------------------------------------- horizons


@each_kind
@pytest.mark.parametrize(
    "fh", [None, [], "next", [1.5], [np.nan], [1, 1], {}, ["a"], [None], 1.5], ids=repr
)
def test_a_horizon_that_is_refused(kind, fh):
    forecaster = FORECASTERS[kind]().fit(SERIES)
    with pytest.raises((ValueError, TypeError)):
        forecaster.predict(fh=fh)


@each_kind
@pytest.mark.parametrize(
    ("y", "fh"),
    [
        (SERIES, pd.period_range("2019-02-01", periods=3, freq="D")),
        (SERIES, pd.date_range("2019-02-01", periods=3, freq="D")),
        (DAILY, pd.period_range("2020-02-20", periods=3, freq="D")),
        (DAILY, pd.date_range("2020-02-20", periods=3, freq="D", tz="UTC")),
        (DAILY.tz_localize("UTC"), pd.date_range("2020-02-20", periods=3, freq="D")),
    ],
    ids=["days for months", "dates for months", "periods for dates", "a zone for none", "no zone"],
)
def test_a_horizon_of_other_times_is_refused(kind, y, fh):
    forecaster = FORECASTERS[kind]().fit(y)
    with pytest.raises(ValueError, match="Times in fh must be of the kind that y has"):
        forecaster.predict(fh=fh)


@each_kind
@pytest.mark.parametrize(
    ("y", "fh", "steps"),
    [
        (SERIES, pd.period_range("2019-02", periods=3, freq="M"), [2, 3, 4]),
        (DAILY, pd.date_range("2020-02-20", periods=3), [3, 4, 5]),
        (DAILY.tz_localize("UTC"), pd.date_range("2020-02-20", periods=2, tz="UTC"), [3, 4]),
        (dated(pd.RangeIndex(48)), ForecastingHorizon([50, 51], is_relative=False), [3, 4]),
        (DAILY, pd.to_timedelta([1, 2], unit="D"), [1, 2]),
    ],
    ids=["periods", "dates", "dates of a zone", "integers", "distances"],
)
def test_absolute_and_relative_horizons_agree(kind, y, fh, steps):
    forecaster = FORECASTERS[kind]().fit(y)
    np.testing.assert_array_equal(forecaster.predict(fh=fh), forecaster.predict(fh=steps))


@each_kind
def test_a_step_does_not_depend_on_what_else_is_asked_for(kind):
    forecaster = FORECASTERS[kind]().fit(SERIES)
    whole = forecaster.predict(fh=range(1, 13))
    for fh in ([1], [4], [2, 5], [7, 11]):
        np.testing.assert_array_equal(forecaster.predict(fh=fh), whole.iloc[np.array(fh) - 1])


@each_kind
@pytest.mark.parametrize("fh", [[0], [-2, -1, 0, 1], [-40], [-44], [-100], [300]], ids=repr)
def test_any_horizon_is_answered_or_refused(kind, fh):
    forecaster = FORECASTERS[kind]().fit(SERIES)
    try:
        found = forecaster.predict(fh=fh)
    except ValueError as error:
        assert "fh" in str(error)  # noqa: PT017
        assert min(fh) < -41
    else:
        assert np.isfinite(np.asarray(found)).all()


@each_kind
@pytest.mark.parametrize("coverage", [0, 1, 1.5, -0.1, np.nan, "all"], ids=repr)
def test_a_coverage_that_is_refused(kind, coverage):
    forecaster = FORECASTERS[kind]().fit(SERIES)
    with pytest.raises((ValueError, TypeError)):
        forecaster.predict_interval(fh=FH, coverage=coverage)


# ---------------------------------------------------------------------- X

TOLD = pd.DataFrame(
    {"x": rng.normal(size=60), "z": rng.normal(size=60)},
    pd.period_range("2015-01", periods=60, freq="M"),
)
BEFORE, AHEAD = TOLD[:48], TOLD[48:]


@each_kind
@pytest.mark.parametrize(
    ("ahead", "message"),
    [
        (AHEAD.rename(columns={"x": "q"}), "columns"),
        (AHEAD[["x"]], "columns"),
        (AHEAD.assign(w=1.0), "columns"),
        (AHEAD * np.inf, "finite"),
        (AHEAD.astype(str), "categorical"),
        (pd.concat([AHEAD, AHEAD[-1:]]), "twice"),
        (AHEAD.to_timestamp(), "."),
        ("known", "."),
    ],
    ids=["other", "fewer", "more", "infinite", "text", "a time twice", "dates", "a word"],
)
def test_x_that_is_refused_ahead(kind, ahead, message):
    forecaster = FORECASTERS[kind]().fit(SERIES, X=BEFORE)
    with pytest.raises(REFUSALS, match=message):
        forecaster.predict(fh=FH, X=ahead)
    assert np.isfinite(forecaster.predict(fh=FH, X=AHEAD)).all()


@each_kind
@pytest.mark.parametrize(
    ("X", "message"),
    [
        (BEFORE.where(BEFORE < 2, np.inf), "finite"),
        (BEFORE.astype(str), "categorical"),
        (BEFORE.to_numpy().tolist(), "."),
        (pd.concat([BEFORE, BEFORE[-1:]]), "twice"),
    ],
    ids=["infinite", "text", "a list", "a time twice"],
)
def test_x_that_is_refused_in_fit(kind, X, message):
    with pytest.raises(REFUSALS, match=message):
        FORECASTERS[kind]().fit(SERIES, X=X)


@each_kind
@pytest.mark.parametrize("ahead", [None, AHEAD[:2], AHEAD[-2:]], ids=["none", "few", "other"])
def test_x_without_rows_for_the_horizon_is_refused(kind, ahead):
    forecaster = FORECASTERS[kind]().fit(SERIES, X=BEFORE)
    for method in ("predict", "predict_interval", "predict_var"):
        with pytest.raises(ValueError, match="X"):
            getattr(forecaster, method)(fh=FH, X=ahead)


def test_x_that_is_missing():
    forecaster = FORECASTERS["ETS"]().fit(SERIES, X=BEFORE)
    with pytest.raises(ValueError, match="X"):
        forecaster.predict(fh=FH, X=AHEAD * np.nan)
    with pytest.raises(ValueError, match="'x' has none"):
        FORECASTERS["ETS"]().fit(SERIES, X=BEFORE.assign(x=np.nan))
    # The network goes on as it was last where a row says that it does not know.
    assert len(forecasts("GRU", SERIES, X=BEFORE, ahead=AHEAD * np.nan)) == 3


@each_kind
def test_the_order_of_columns_means_nothing(kind):
    forecaster = FORECASTERS[kind]().fit(SERIES, X=BEFORE)
    np.testing.assert_array_equal(
        forecaster.predict(fh=FH, X=AHEAD[["z", "x"]]), forecaster.predict(fh=FH, X=AHEAD)
    )


# ---------------------------------------------------------------------- update

KNOWN = SERIES[:40]


@each_kind
@pytest.mark.parametrize(
    ("new", "message"),
    [
        (SERIES[40:42] * np.inf, "infinit"),
        (SERIES[40:42] * -np.inf, "infinit"),
        (SERIES[40:42].astype(str), "categorical"),
        (SERIES[40:42].to_timestamp(), "kind|comparison"),
        (pd.concat([SERIES[40:41], SERIES[40:42]]), "stands twice"),
        ("later", "."),
    ],
    ids=["infinity", "minus infinity", "text", "dates", "a time twice", "a word"],
)
@pytest.mark.parametrize("update_params", [True, False])
def test_a_failed_update_leaves_the_forecasts(kind, new, message, update_params):
    forecaster = FORECASTERS[kind]().fit(KNOWN)
    expected = forecaster.predict(fh=FH)
    with pytest.raises(REFUSALS, match=message):
        forecaster.update(new, update_params=update_params)
    pd.testing.assert_series_equal(forecaster.predict(fh=FH), expected)


@each_kind
def test_other_columns_in_update_are_refused(kind):
    forecaster = FORECASTERS[kind]().fit(KNOWN)
    with pytest.raises(ValueError, match="columns of fit"):
        forecaster.update(pd.DataFrame({"a": SERIES, "b": SERIES})[40:42])


@pytest.mark.filterwarnings("ignore:empty y passed to update")
@each_kind
@pytest.mark.parametrize(
    ("new", "end"),
    [
        (SERIES[40:42], "2018-06"),
        (SERIES[38:44], "2018-08"),
        (SERIES[45:], "2018-12"),
        (SERIES[40:42] * np.nan, "2018-06"),
        (SERIES[:20], "2016-08"),
        (SERIES[:0], "2018-04"),
        (None, "2018-04"),
    ],
    ids=["later", "overlapping", "after a gap", "missing", "older", "empty", "none"],
)
def test_updates_of_all_times(kind, new, end):
    forecaster = FORECASTERS[kind]().fit(KNOWN).update(new, update_params=False)
    found = forecaster.predict(fh=FH)
    assert found.index[0] == pd.Period(end, "M") + 1
    assert np.isfinite(found).all()


@each_kind
def test_an_update_with_known_values_changes_nothing(kind):
    forecaster = FORECASTERS[kind]().fit(KNOWN)
    expected = forecaster.predict(fh=FH)
    for new in (KNOWN, KNOWN[-3:]):
        found = forecaster.update(new, update_params=False).predict(fh=FH)
        pd.testing.assert_series_equal(found, expected)


def test_an_update_with_older_values_goes_back():
    """What comes after them is forgotten, as sktime's cutoff says."""
    forecaster = FORECASTERS["GRU"]().fit(KNOWN)
    later = copy.deepcopy(forecaster).update(SERIES[:20], update_params=False)
    assert later.predict(fh=[1]).iloc[0] != forecaster.predict(fh=[1]).iloc[0]
    later.update(SERIES[20:40], update_params=False)
    pd.testing.assert_series_equal(later.predict(fh=FH), forecaster.predict(fh=FH))


# ---------------------------------------------------------------------- panels

PANEL = pd.concat({"a": SERIES, "b": SERIES[:30] * 3, "c": SERIES[10:] + 100}, names=["id", "t"])
PANEL = PANEL.to_frame("sold")


def panel_of(**series):
    return pd.concat(series, names=["id", "t"]).to_frame("sold")


def stamps(freq, n=40, **how):
    return dated(pd.date_range("2020-01-01", periods=n, freq=freq, **how))


WRONG_PANEL = {
    "a time twice": (pd.concat([PANEL, PANEL.loc[["b"]].iloc[-1:]]).sort_index(), "stands twice"),
    "times backwards": (PANEL.iloc[::-1], "."),
    "infinity": (PANEL.where(PANEL < 100, np.inf), "c"),
    "a series of NaN": (PANEL.where(PANEL < 50).mask(PANEL > 50), "c"),
    "text": (PANEL.astype(str), "categorical"),
    "months, then days": (panel_of(a=stamps("MS"), b=stamps("D")), "frequenc"),
    "days, then hours": (panel_of(a=stamps("D"), b=stamps("h")), "frequenc"),
    "weeks, then days": (panel_of(a=stamps("W"), b=stamps("D")), "frequenc"),
    "months and days as periods": (
        panel_of(a=SERIES, b=dated(pd.period_range("2020-01-01", periods=40, freq="D"))),
        ".",
    ),
    "one of a zone": (panel_of(a=stamps("D", tz="UTC"), b=stamps("D")), "."),
    "text times": (panel_of(a=dated(pd.Index([f"t{i:02d}" for i in range(40)]))), "."),
}


@each_kind
@pytest.mark.parametrize("fault", WRONG_PANEL)
def test_a_panel_of_forecasts_that_is_refused(kind, fault):
    panel, message = WRONG_PANEL[fault]
    with pytest.raises(REFUSALS, match=message):
        FORECASTERS[kind]().fit(panel)


@each_kind
@pytest.mark.parametrize("order", ["instances", "times"])
def test_the_order_of_rows_in_a_panel_means_nothing(kind, order):
    """Sktime takes rows of all series mixed, as long as each one's own are in order."""
    rows = PANEL.loc[["c", "a", "b"]]
    if order == "times":
        rows = PANEL.sort_index(level=1, sort_remaining=False)
    found = FORECASTERS[kind]().fit(rows).predict(fh=[1, 2])
    expected = FORECASTERS[kind]().fit(PANEL).predict(fh=[1, 2])
    pd.testing.assert_frame_equal(found.sort_index(), expected.sort_index())


ODD_PANEL = {
    "dates of a zone": panel_of(a=stamps("D", tz="UTC"), b=stamps("D", 30, tz="UTC")),
    "hours of a zone": panel_of(
        a=stamps("h", tz="Europe/Berlin"), b=stamps("h", 30, tz="Europe/Berlin")
    ),
    "month starts": panel_of(a=stamps("MS"), b=stamps("MS")[10:]),
    "quarters": panel_of(a=stamps("QS-NOV"), b=stamps("QS-NOV", 30)),
    "one value each": panel_of(a=SERIES[:1], b=SERIES[:1]),
    "whole numbers as names": pd.concat({2: SERIES, 1: SERIES}).to_frame("sold"),
    "constant": panel_of(a=SERIES, b=SERIES * 0 + 5),
    "of all sizes": panel_of(a=SERIES * 1e50, b=SERIES * 1e-50),
    "integers of other steps": panel_of(a=dated(pd.RangeIndex(48)), b=dated(range(0, 96, 2))),
}


@pytest.mark.filterwarnings("ignore:.*fewer than 4 values")
@each_kind
@pytest.mark.parametrize("name", ODD_PANEL)
def test_odd_panels_are_forecast(kind, name):
    panel = ODD_PANEL[name]
    found = FORECASTERS[kind]().fit(panel).predict(fh=[1, 2])
    assert found.shape == (4, 1)
    assert np.isfinite(found.to_numpy()).all()


@pytest.mark.parametrize("freq", ["MS", "ME", "QS-NOV", "YE-MAR", "BMS", "W-WED", "h", "B"])
def test_series_that_start_later_or_end_earlier_keep_their_times(freq):
    """In a panel of dates each series is forecast from its own end, whatever the frequency."""
    y = dated(pd.date_range("2000-01-05", periods=48, freq=freq))
    periods = y.set_axis(range(48))
    for part in (slice(5, None), slice(0, 30)):
        dates, integers = panel_of(a=y, b=y[part]), panel_of(a=periods, b=periods.iloc[part])
        ends = [FORECASTERS["GRU"]().fit(p)._read(0).ends for p in (dates, integers)]
        np.testing.assert_array_equal(*ends)


def test_a_panel_without_names_is_refused():
    with pytest.raises(ValueError, match="label is missing"):
        FORECASTERS["GRU"]().fit(pd.concat({np.nan: SERIES, "b": SERIES}).to_frame("sold"))


# ---------------------------------------------------------------------- parameters, state


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, v) for name in ("horizon", "window_length", "sp") for v in (0, -1, 2.5, "long")]
    + [("units", 0), ("units", "many"), ("n_estimators", 0), ("logarithm", "yes"), ("dropout", 1)]
    + [("epochs", 0), ("batch_size", 0), ("learning_rate", np.nan), ("n_iter_no_change", 0)]
    + [("engine", "torch"), ("embedding_units", 0), ("weight_decay", -1), ("verbose", -1)]
    + [("random_state", "seed")],
)
def test_a_wrong_parameter_of_a_forecaster_is_named(name, value):
    forecaster = FORECASTERS["GRU"]().set_params(**{name: value})
    with pytest.raises(ValueError, match=name if name != "random_state" else "seed"):
        forecaster.fit(SERIES)


@pytest.mark.parametrize("method", ["predict", "predict_interval", "predict_var", "update"])
def test_a_forecaster_before_fit(method):
    with pytest.raises(UNFITTED):
        getattr(FORECASTERS["GRU"](), method)(SERIES if method == "update" else FH)


@each_kind
def test_a_failed_refit_says_so_and_the_next_one_works(kind):
    forecaster = FORECASTERS[kind]().fit(SERIES)
    expected = forecaster.predict(fh=FH)
    with pytest.raises(ValueError, match="infinit"):
        forecaster.fit(with_value(2, np.inf))
    with pytest.raises(UNFITTED):  # sktime forgets before a fit
        forecaster.predict(fh=FH)
    pd.testing.assert_series_equal(forecaster.fit(SERIES).predict(fh=FH), expected)


@pytest.mark.parametrize("how", ["pickle", "deepcopy", "clone"])
def test_copies_of_a_forecaster(how):
    forecaster = FORECASTERS["GRU"]().fit(SERIES)
    again = {
        "pickle": lambda: pickle.loads(pickle.dumps(forecaster)),
        "deepcopy": lambda: copy.deepcopy(forecaster),
        "clone": lambda: forecaster.clone().fit(SERIES),
    }[how]()
    pd.testing.assert_series_equal(again.predict(fh=FH), forecaster.predict(fh=FH))
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        pickle.loads(pickle.dumps(forecaster)[:-100])


def test_seeds_of_a_forecaster_and_what_it_was_given():
    y, X = SERIES.copy(), BEFORE.copy()
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, other = (forecasts("GRU", y, X=X, ahead=AHEAD) for _ in "ab")
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    pd.testing.assert_series_equal(one, other)
    pd.testing.assert_series_equal(y, SERIES)
    pd.testing.assert_frame_equal(X, BEFORE)


def test_threads_fit_and_forecast_at_once():
    shared = FORECASTERS["GRU"]().fit(SERIES)
    expected = shared.predict(fh=FH)

    def work(own):
        forecaster = FORECASTERS["GRU"]().fit(SERIES) if own else copy.deepcopy(shared)
        return forecaster.predict(fh=FH)

    with ThreadPoolExecutor(4) as pool:  # hands on what a thread raises
        for found in pool.map(work, [False, True] * 2):
            pd.testing.assert_series_equal(found, expected)
