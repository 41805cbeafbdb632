"""Forecasts of long frames and arrays: those of the estimator on the same panel, in any form."""

import importlib.util
import threading

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skgru import ETSForecaster
from skgru.ets import _selection

H = 5
COVERAGE = [0.8, 0.975]
BOUNDS = ["lower_80", "upper_80", "lower_97_5", "upper_97_5"]


def make(n_series=7, seed=0, index=None, low=25, high=48):
    """A long frame of series with unequal starts and ends, sorted."""
    rng = np.random.default_rng(seed)
    index = pd.date_range("2019-01-01", periods=high, freq="MS") if index is None else index
    parts = []
    for i in range(n_series):
        first = 0 if i == 0 else rng.integers(0, 3)
        times = index[first : rng.integers(low, len(index) + 1)]
        season = 10 * np.sin(2 * np.pi * np.arange(len(times)) / 12)
        values = 100 + season + rng.normal(0, 5, len(times))
        parts.append(pd.DataFrame({"id": f"shop {i}", "time": times, "value": values}))
    return pd.concat(parts, ignore_index=True)


def polars_of(frame):
    """A frame of pandas as one of polars, without pyarrow."""
    known = frame.astype(object).where(frame.notna(), None)
    return pl.DataFrame({name: known[name].to_list() for name in frame.columns})


def expected(frame, forecaster, coverage=None):
    """What fit and predict say about the same panel, as a long frame."""
    y = frame.sort_values(["id", "time"]).set_index(["id", "time"])
    forecaster.fit(y)
    steps = np.arange(1, H + 1)
    found = forecaster.predict(steps)["value"].rename("forecast").reset_index()
    if coverage is not None:
        intervals = forecaster.predict_interval(steps, coverage=coverage)
        found[BOUNDS] = intervals.to_numpy()
    return found


class TestTheSameAsTheEstimator:
    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"sp": 12},
            {"sp": "auto", "search": "select"},
            {"error": "mul", "trend": "add", "damped_trend": True, "seasonal": None},
            {"boxcox": "auto", "bias_adjust": True, "nonnegative": True},
            {"bounds": {"alpha": (0.1, 0.3)}, "objective": "mse", "random_state": 0},
            {"alpha": 0.2, "initial_level": 90.0, "information_criterion": "bic"},
        ],
    )
    def test_whatever_the_parameters(self, parameters):
        frame = make()
        found = ETSForecaster(**parameters).forecast_long(frame, H, coverage=COVERAGE)
        right = expected(frame, ETSForecaster(**parameters), COVERAGE)
        pd.testing.assert_frame_equal(found, right, rtol=1e-12, atol=1e-12)

    def test_where_futures_are_simulated(self):
        parameters = {"error": "add", "trend": "mul", "restrict": False, "n_simulations": 200}
        frame = make(3)
        found = ETSForecaster(random_state=5, **parameters).forecast_long(frame, H, coverage=0.8)
        right = ETSForecaster(random_state=5, **parameters)
        right.fit(frame.set_index(["id", "time"]))
        bounds = right.predict_interval(np.arange(1, H + 1), coverage=0.8)
        assert np.array_equal(found[BOUNDS[:2]], bounds)

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_whatever_the_blocks(self, n_jobs, monkeypatch):
        frame = make(20)
        whole = ETSForecaster().forecast_long(frame, H, coverage=0.9)
        monkeypatch.setattr(_selection, "_BLOCK", 4000)
        parts = ETSForecaster(n_jobs=n_jobs).forecast_long(frame, H, coverage=0.9)
        pd.testing.assert_frame_equal(whole, parts, check_exact=True)

    def test_arrays(self):
        frame = make()
        long = ETSForecaster().forecast_long(frame, H, coverage=COVERAGE)
        lengths = frame.groupby("id").size()
        offsets = np.append(0, np.cumsum(lengths))
        found = ETSForecaster().forecast_arrays(frame["value"], offsets, H, coverage=COVERAGE)
        assert found.forecast.shape == (7, H)
        assert found.lower.shape == found.upper.shape == (2, 7, H)
        assert np.array_equal(found.forecast.ravel(), long["forecast"])
        for k, name in enumerate(["80", "97_5"]):
            assert np.array_equal(found.lower[k].ravel(), long[f"lower_{name}"])
            assert np.array_equal(found.upper[k].ravel(), long[f"upper_{name}"])


class TestForms:
    def test_order_of_the_rows_does_not_matter(self):
        frame = make()
        shuffled = frame.sample(frac=1, random_state=0)
        right = ETSForecaster().forecast_long(frame, H)
        pd.testing.assert_frame_equal(ETSForecaster().forecast_long(shuffled, H), right)

    @pytest.mark.parametrize("kind", ["int", "category", "object", "mixed"])
    def test_names_keep_their_type(self, kind):
        frame = make()
        number = frame["id"].str[-1].astype(int)
        ids = {
            "int": number,
            "category": pd.Categorical(
                frame["id"], [f"shop {i}" for i in (3, 1, 2, 0, 6, 5, 4, 9)]
            ),
            "object": frame["id"].astype(object),
            "mixed": pd.Series([i if i % 2 else str(i) for i in number], dtype=object),
        }
        found = ETSForecaster().forecast_long(frame.assign(id=ids[kind]), H)
        assert found["id"].dtype == (frame.assign(id=ids[kind]))["id"].dtype
        right = ETSForecaster().forecast_long(frame, H).set_index(["id", "time"])["forecast"]
        labels = found["id"].astype(str).str[-1].radd("shop ")
        index = pd.MultiIndex.from_arrays([labels, found["time"]])
        assert np.array_equal(right.loc[index], found["forecast"])

    @pytest.mark.parametrize(
        ("index", "first"),
        [
            (pd.RangeIndex(5, 53), 53),
            (pd.RangeIndex(10, 490, 10), 490),
            (pd.period_range("2019-01", periods=48, freq="M"), pd.Period("2023-01", "M")),
            (pd.period_range("2019Q1", periods=48, freq="Q"), pd.Period("2031Q1", "Q")),
            (pd.date_range("2020-02-01", periods=48, freq="ME"), pd.Timestamp("2024-02-29")),
            (pd.date_range("2024-01-01", periods=48, freq="B"), pd.Timestamp("2024-03-07")),
            (
                pd.date_range("2024-01-01", periods=48, freq="15min"),
                pd.Timestamp("2024-01-01 12:00"),
            ),
            (
                pd.date_range("2024-03-01", periods=48, freq="D", tz="Europe/Berlin"),
                pd.Timestamp("2024-04-18", tz="Europe/Berlin"),
            ),
            (
                pd.date_range("2024-03-30", periods=48, freq="h", tz="Europe/Berlin"),
                pd.Timestamp("2024-04-01 01:00", tz="Europe/Berlin"),
            ),
        ],
    )
    def test_times(self, index, first):
        frame = make(1, index=index, low=48)
        found = ETSForecaster().forecast_long(frame, H)
        assert found["time"].dtype == frame["time"].dtype
        assert found["time"].iloc[0] == first
        assert found["time"].is_monotonic_increasing

    def test_weeks_that_begin_on_any_day(self):
        weeks = pd.date_range("2024-01-01", periods=48, freq="W-MON")
        frame = pd.concat(
            [make(1, index=weeks + pd.Timedelta(days=i), low=48).assign(id=i) for i in range(3)]
        )
        found = ETSForecaster().forecast_long(frame, H, freq="7D")
        ends = frame.groupby("id")["time"].max()
        assert (found.groupby("id")["time"].min() == ends + pd.Timedelta(days=7)).all()

    def test_polars(self):
        frame = make()
        right = ETSForecaster().forecast_long(frame, H, coverage=0.8)
        for dtype in (pl.String, pl.Categorical):
            table = {"value": frame["value"].to_numpy(), "time": frame["time"].to_numpy()}
            given = pl.DataFrame(table).with_columns(
                pl.Series("id", frame["id"].to_list()).cast(dtype), pl.col("time").cast(pl.Date)
            )
            found = ETSForecaster().forecast_long(given.reverse(), H, coverage=0.8)
            assert found.schema["id"] == given.schema["id"]
            assert found.schema["time"] == pl.Date
            assert found["id"].cast(pl.String).to_list() == right["id"].to_list()
            assert found["time"].to_list() == right["time"].dt.date.to_list()
            assert np.array_equal(found["lower_80"].to_numpy(), right["lower_80"])

    @pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
    def test_several_columns_name_a_series(self, kind):
        frame = make()
        right = ETSForecaster(trend=None).forecast_long(frame, H, coverage=0.8)
        number = frame["id"].str[-1].astype(int)
        named = frame.drop(columns="id").assign(
            store=(number // 3).map("store {}".format), item=number % 3
        )
        named = named.sample(frac=1, random_state=0)
        if kind == "polars":
            given = polars_of(named.assign(time=named["time"].dt.date))
        elif kind == "pyarrow":
            given = pytest.importorskip("pyarrow").Table.from_pandas(named, preserve_index=False)
        else:
            given = named.assign(store=named["store"].astype("category"))
        found = ETSForecaster(trend=None).forecast_long(
            given, H, id=["store", "item"], coverage=0.8
        )
        assert type(found) is type(given)
        if kind == "pandas":
            assert found.dtypes[["store", "item"]].equals(given.dtypes[["store", "item"]])
        if kind == "polars":
            assert found.schema["store"] == pl.String
            table = found.to_dict(as_series=False)
        else:
            table = found if kind == "pandas" else found.to_pydict()
        names = [f"shop {3 * int(s[-1]) + i}" for s, i in zip(table["store"], table["item"])]
        assert names == right["id"].tolist()
        for name in ("forecast", "lower_80", "upper_80"):
            assert list(table[name]) == right[name].tolist()

    def test_one_column_in_a_list(self):
        frame = make(2)
        right = ETSForecaster(trend=None).forecast_long(frame, H)
        found = ETSForecaster(trend=None).forecast_long(frame, H, id=["id"])
        pd.testing.assert_frame_equal(found, right)

    def test_arrow(self):
        pa = pytest.importorskip("pyarrow")
        frame = make()
        right = ETSForecaster().forecast_long(frame, H)
        given = pa.Table.from_pandas(frame, preserve_index=False)
        found = ETSForecaster().forecast_long(given.take([*range(len(frame))][::-1]), H)
        assert found.schema.field("time").type == given.schema.field("time").type
        assert found.column("id").to_pylist() == right["id"].tolist()
        assert found.column("forecast").to_pylist() == right["forecast"].tolist()

    @pytest.mark.parametrize(
        ("dtype", "wanted"), [("int8", "int64"), ("uint8", "int64"), ("UInt8", "Int64")]
    )
    def test_times_after_the_end_of_small_integers(self, dtype, wanted):
        end = 256 if "u" in dtype.lower() else 128
        frame = pd.DataFrame({"id": "a", "time": range(end - 24, end), "value": range(24)})
        found = ETSForecaster().forecast_long(frame.astype({"time": dtype}), 2)["time"]
        assert found.tolist() == [end, end + 1]
        assert found.dtype == wanted


class TestMissing:
    def test_absent_rows_are_missing_values(self):
        frame = make()
        holes = frame.index[[3, 4, 60, 61, 62, 103]]
        absent = ETSForecaster().forecast_long(frame.drop(holes), H)
        empty = frame.assign(value=frame["value"].where(~frame.index.isin(holes)))
        found = ETSForecaster().forecast_long(empty, H)
        pd.testing.assert_frame_equal(absent, found, check_exact=True)
        right = expected(empty, ETSForecaster())
        pd.testing.assert_frame_equal(absent, right, rtol=1e-12)

    def test_short_series_in_one_warning(self, monkeypatch):
        monkeypatch.setattr(_selection, "_BLOCK", 4000)
        frame = pd.concat([make(12), make(3, low=1, high=3).replace({"id": {"shop 0": "new"}})])
        frame = frame.drop_duplicates(["id", "time"])
        short = pd.DataFrame(
            {"id": ["x", "y"], "time": frame["time"].iloc[:2], "value": [1.0, 2.0]}
        )
        with pytest.warns(UserWarning, match="Series new and 2 more have fewer") as caught:
            found = ETSForecaster(n_jobs=2).forecast_long(pd.concat([frame, short]), H)
        assert len([w for w in caught if "fewer" in str(w.message)]) == 1
        assert found.loc[found["id"] == "y", "forecast"].tolist() == pytest.approx([2.0] * H)


class TestErrors:
    def check(self, frame, match, error=ValueError, **options):
        with pytest.raises(error, match=match):
            ETSForecaster().forecast_long(frame, options.pop("h", H), **options)

    def test_two_rows_of_a_time(self):
        frame = make()
        self.check(
            pd.concat([frame, frame.iloc[[60]]]), r"Series shop 1 has 2 rows for 20\d\d-\d\d-01"
        )

    def test_dates_off_the_frequency(self):
        frame = make()
        wrong = frame["time"].where(frame.index != 60, frame["time"] + pd.Timedelta(days=2))
        self.check(frame.assign(time=wrong), r"Series shop 1: .* is off .*'MS'.*to_period")

    def test_dates_without_a_frequency(self):
        days = pd.DatetimeIndex(["2024-01-01", "2024-01-05", "2024-01-07", "2024-01-31"])
        frame = pd.DataFrame({"id": 1, "time": days, "value": 1.0})
        self.check(frame, "show no frequency.*Give it.*to_period")

    def test_times_closer_than_freq(self):
        self.check(make(), "not freq apart", freq="2MS")
        self.check(make(index=pd.RangeIndex(48)), "whole number", freq="D")

    def test_names_as_times(self):
        frame = make()
        self.check(frame.assign(time=frame["time"].astype(str)), "to_datetime", TypeError)

    @pytest.mark.parametrize(
        ("column", "value", "error", "match"),
        [
            ("id", None, ValueError, "names no series in row 3"),
            ("time", None, ValueError, "missing time in row 3"),
            ("value", np.inf, ValueError, "infinite value at step 3"),
        ],
    )
    def test_an_entry(self, column, value, error, match):
        frame = make()
        frame.loc[3, column] = value
        self.check(frame, match, error)

    def test_columns(self):
        frame = make()
        self.check(frame.drop(columns="id"), "none named .'id'.*reset_index")
        self.check(frame.assign(price=1.0), "no exogenous columns; got .'price'")
        self.check(frame, "different columns", time="id")
        self.check(frame.assign(value="much"), "needs numbers", TypeError)
        self.check(frame.iloc[:0], "empty frame")
        self.check(frame.to_dict(), "one of pandas or polars", TypeError)
        self.check(pl.DataFrame({"id": [1]}), "none named")
        self.check(pl.LazyFrame({"id": [1]}), "collect", TypeError)

    @pytest.mark.parametrize("kind", [pd.DataFrame, polars_of])
    def test_names_that_the_result_has_itself(self, kind):
        frame = make(2).rename(columns={"id": "forecast", "time": "lower_90"})
        found = {"id": "forecast", "time": "lower_90"}
        self.check(kind(frame), "'forecast' of its own; got id='forecast'", **found)
        frame = make(2).rename(columns={"time": "lower_90"})
        self.check(kind(frame), "got time='lower_90'", time="lower_90", coverage=0.9)
        frame = make(2).rename(columns={"time": "lower_90", "value": "forecast"})
        found = ETSForecaster(trend=None).forecast_long(
            kind(frame), 1, time="lower_90", value="forecast"
        )
        assert list(found.columns) == ["id", "lower_90", "forecast"]

    @pytest.mark.parametrize("kind", [pd.DataFrame, polars_of])
    def test_several_columns(self, kind):
        frame = make(3).assign(item=1)
        ids = ["id", "item"]
        twice = pd.concat([frame, frame[-1:]])
        self.check(kind(twice), r"Series \('shop 2', 1\) has 2 rows", id=ids)
        empty = frame.assign(value=frame["value"].where(frame["id"] != "shop 1"))
        self.check(kind(empty), r"Series \('shop 1', 1\) has no value", id=ids)
        self.check(kind(frame), "different columns", id=["id", "id"])
        self.check(kind(frame), r"none named \['store'\]", id=["store", "item"])
        self.check(kind(frame), "empty list", id=[])
        gap = frame.assign(item=["a"] * (len(frame) - 1) + [None])
        self.check(kind(gap), "'item' (has missing|names no series)", id=ids)

    def test_integers_that_may_be_dates(self):
        months = [100 * year + month for year in range(2018, 2022) for month in range(1, 13)]
        frame = pd.DataFrame({"id": "a", "time": months, "value": np.arange(48.0) % 12 + 1})
        with pytest.warns(UserWarning, match="span 312 steps, but only 48 .* Are these dates") as w:
            ETSForecaster(trend=None).forecast_long(frame, 1)
        assert w[0].filename == __file__

    def test_a_series_without_values(self):
        frame = make()
        frame.loc[frame["id"] == "shop 2", "value"] = np.nan
        self.check(frame, "Series shop 2 has no value")

    def test_values_that_cannot_multiply(self, monkeypatch):
        monkeypatch.setattr(_selection, "_BLOCK", 4000)
        frame = make(20)
        frame.loc[frame["id"] == "shop 5", "value"] -= 200
        for n_jobs in (1, 2):
            with pytest.raises(ValueError, match="Series shop 5 has values of at most 0"):
                ETSForecaster("mul", n_jobs=n_jobs).forecast_long(frame, H)

    def test_parameters(self):
        self.check(make(), "h is the number of steps", h=0)
        self.check(make(), "coverage is one or several", coverage=95)
        self.check(make(), "coverage is one or several", coverage=[0.9, 0.9])
        with pytest.raises(ValueError, match="error is one of"):
            ETSForecaster("both").forecast_long(make(), H)

    @pytest.mark.parametrize(
        ("offsets", "match"),
        [([0, 3, 3, 9], "Series 1 has no values"), ([0, 8], "end with"), ([0], "n_series . 1")],
    )
    def test_offsets(self, offsets, match):
        with pytest.raises(ValueError, match=match):
            ETSForecaster().forecast_arrays(np.arange(9.0), offsets, H)


class TestLongWork:
    def test_progress(self, capsys):
        ETSForecaster(verbose=1).forecast_long(make(), H)
        assert "7/7 series" in capsys.readouterr().out

    def test_interruption_ends_soon(self, monkeypatch):
        monkeypatch.setattr(_selection, "_BLOCK", 4000)
        frame, n_threads = make(60), threading.active_count()

        def interrupt(self, n_done):
            raise KeyboardInterrupt

        monkeypatch.setattr("skgru.ets._progress.Progress.show", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ETSForecaster(n_jobs=2).forecast_long(frame, H)
        assert threading.active_count() == n_threads

    def test_the_forecaster_stays_as_it_was(self):
        forecaster = ETSForecaster()
        forecaster.forecast_long(make(), H)
        assert not forecaster.is_fitted


@pytest.fixture(scope="module")
def client():
    for package in ("fugue", "fugue_dask", "distributed"):
        pytest.importorskip(package, reason=f"{package} absent: pip install 'skgru[fugue]'")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


class TestEngines:
    def test_without_fugue(self, monkeypatch):
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: None if name == "fugue" else find(name)
        )
        with pytest.raises(ImportError, match=r"pip install 'skgru\[fugue\]'"):
            ETSForecaster().forecast_long(make(), H, engine="dask")

    @pytest.mark.parametrize("times", ["dates", "periods"])
    def test_dask_says_the_same(self, client, times):
        frame = make(30)
        frame.loc[7, "value"] = np.nan
        if times == "periods":
            frame["time"] = frame["time"].dt.to_period("M")
        forecaster = ETSForecaster(sp="auto", random_state=1)
        right = forecaster.forecast_long(frame, H, coverage=COVERAGE)
        found = forecaster.forecast_long(frame, H, coverage=COVERAGE, engine=client)
        pd.testing.assert_frame_equal(found, right, check_exact=True)

    def test_a_frame_of_dask(self, client, tmp_path):
        import dask.dataframe as dd

        frame = make(30)
        forecaster = ETSForecaster(sp="auto", random_state=1)
        right = forecaster.forecast_long(frame, H, coverage=0.8)
        frame.to_parquet(tmp_path / "sales.parquet")
        for given in (dd.from_pandas(frame, npartitions=3), str(tmp_path / "sales.parquet")):
            lazy = forecaster.forecast_long(given, H, coverage=0.8, freq="MS", engine=client)
            found = lazy.compute().sort_values(["id", "time"], ignore_index=True)
            pd.testing.assert_frame_equal(found, right, check_exact=True, check_dtype=False)
        means = forecaster.forecast_long(dd.from_pandas(frame, 3), H, freq="MS", engine=client)
        assert means.compute().shape == (len(right), 3)
        with pytest.raises(ValueError, match="give freq"):
            forecaster.forecast_long(given, H, engine=client)
        frame.assign(item="a").to_parquet(tmp_path / "items.parquet")
        several = str(tmp_path / "items.parquet")
        with pytest.raises(ValueError, match=r"one column of ids.*Join them first"):
            forecaster.forecast_long(several, H, id=["id", "item"], freq="MS", engine=client)
