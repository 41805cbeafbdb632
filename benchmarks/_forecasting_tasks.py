"""Series to forecast: weather, stocks, energy and the like, and who bundles them."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Series:
    """A series or a panel, and what is asked of it.

    Attributes
    ----------
    name : str
    y : pd.Series or pd.DataFrame
        A panel has an index of two levels.
    sp : int
        Steps in a season; 1 if there is none.
    horizon : int
        Steps to forecast.
    folds : int
        Ends of the series that are forecast in turn, each `horizon` steps before the next.
    """

    name: str
    y: pd.Series | pd.DataFrame
    sp: int
    horizon: int
    folds: int = 3

    @property
    def window(self) -> int:
        """Lags that reductions read."""
        return 2 * self.sp if self.sp > 1 else min(12, self._shortest() // 4)

    def _shortest(self) -> int:
        if self.y.index.nlevels == 1:
            return len(self.y)
        return int(self.y.groupby(level=0).size().min())


def bundled() -> list[Series]:
    """From sktime and from the package vega_datasets; nothing is downloaded."""
    from sktime.datasets import load_airline
    from vega_datasets import local_data

    daily = local_data.seattle_weather().set_index("date")["temp_max"].to_period("D")
    hourly = local_data.seattle_temps()
    hourly = hourly.groupby(hourly["date"].dt.to_period("h"))["temp"].mean()
    hourly = hourly.reindex(pd.period_range(hourly.index[0], hourly.index[-1], name="date"))
    hourly = hourly.interpolate()  # one hour a year is missing, that of summer time
    prices = panel(local_data.stocks(), "symbol", "date", "price", "M")
    electricity = panel(local_data.iowa_electricity(), "source", "year", "net_generation", "Y")
    jobs = local_data.us_employment()
    jobs = jobs["private"].set_axis(pd.PeriodIndex(jobs["month"], freq="M"))
    return [
        Series("airline passengers, monthly", load_airline(), sp=12, horizon=12),
        Series("US employment, monthly", jobs.astype(float), sp=12, horizon=12),
        Series("Seattle temperature, hourly", hourly.iloc[-56 * 24 :], sp=24, horizon=24),
        Series("Seattle warmest hour, daily", daily.iloc[-730:], sp=1, horizon=7),
        Series("5 stocks, monthly", prices, sp=1, horizon=6),
        Series("Iowa electricity, 3 sources, yearly", electricity, sp=1, horizon=3, folds=1),
    ]


def panel(table, instance, time, value, freq) -> pd.DataFrame:
    """A long table as sktime's panel."""
    table = table[[instance, time, value]].astype({value: float})
    table[time] = pd.PeriodIndex(pd.to_datetime(table[time]), freq=freq)
    return table.set_index([instance, time]).sort_index()


def from_folder(folder, count=5) -> list[Series]:
    """Some series of M4's weekly and hourly ones, their last values to forecast.

    Parameters
    ----------
    folder : Path
        It holds ``forecast/m4_weekly.csv.gz`` and ``m4_hourly.csv.gz`` (columns id, period, h,
        split, values).
    count : int
        Series of each, spread evenly over the file.
    """
    sets = []
    for name, freq in (("m4_weekly", "W"), ("m4_hourly", "h")):
        path = folder / "forecast" / f"{name}.csv.gz"
        if not path.exists():
            continue
        rows = read(path)
        names = list(rows)[:: max(len(rows) // count, 1)][:count]
        series = {key: dated(rows[key]["values"], freq) for key in names}
        y = pd.concat(series, names=["series", "time"]).to_frame("value")
        sp, horizon = (int(rows[names[0]][key]) for key in ("period", "h"))
        label = f"{name.replace('_', ' ').upper()}, {len(names)} series"
        sets.append(Series(label, y, sp=sp, horizon=horizon, folds=1))
    return sets


def read(path) -> dict:
    """Series by name, the two parts of each in one piece."""
    csv.field_size_limit(10**8)
    rows: dict = {}
    with gzip.open(path, "rt") as file:
        for row in sorted(csv.DictReader(file), key=lambda row: row["split"], reverse=True):
            whole = rows.setdefault(row["id"], {**row, "values": []})
            whole["values"].extend(map(float, row["values"].split()))
    return rows


def dated(values, freq, most=1500) -> pd.Series:
    """The last values under made-up dates: Prophet needs some."""
    values = values[-most:]
    return pd.Series(values, pd.period_range("2000-01-03", periods=len(values), freq=freq))
