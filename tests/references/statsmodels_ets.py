"""What statsmodels' ETSModel gives at given parameters for the 20 models without season M.

    pip install statsmodels==0.15.0
    python tests/references/statsmodels_ets.py > tests/references/statsmodels_ets.json

Definitions differ in three places. statsmodels' log likelihood is the full Gaussian one with the
variance concentrated out, -n/2 (log(2 pi sse / n) + 1) - sum log |f| [error M], against R's
-n/2 log(sse) - sum log |f|. And it numbers the initial seasons backwards from the first value:
``initial_seasonal`` is s(0), s(-1), ..., s(1 - sp), of which the last serves the first value; it is
written here as season[j] of the values at times j, j + sp, ... A multiplicative season is left out:
its smoothing moves the season by gamma / (1 - alpha) (y / level - season) with the *new* level,
which is the textbook's gamma e / (old level + growth) only where components add.
"""

import json
import sys

import numpy as np
import statsmodels
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

SP, N, H = 4, 36, 9
LETTER = {"A": "add", "M": "mul", "N": None}


def series(seed):
    """A seasonal series that grows, rounded so that the file holds it exactly."""
    rng = np.random.default_rng(seed)
    t = np.arange(N)
    season = np.resize([0.9, 1.05, 1.15, 0.9], N)
    return np.round((100 + 1.2 * t) * season * np.exp(0.03 * rng.standard_normal(N)), 2)


def case(error, trend, damped, season, seed):
    """One model on one series."""
    y = series(seed)
    rng = np.random.default_rng([seed, len(trend), damped])
    alpha = round(rng.uniform(0.1, 0.6), 3)
    beta, gamma = round(alpha * rng.uniform(0.05, 0.4), 3), round((1 - alpha) * 0.4, 3)
    phi = round(rng.uniform(0.82, 0.97), 3)
    slope = {"N": None, "A": 1.1, "M": 1.009}[trend]
    seasons = {"N": None, "A": [-9.0, 6.0, 14.0, -11.0]}[season]
    model = ETSModel(
        y,
        error=LETTER[error],
        trend=LETTER[trend],
        damped_trend=damped,
        seasonal=LETTER[season],
        seasonal_periods=SP if seasons else None,
    )
    given = {"smoothing_level": alpha, "initial_level": 98.0}
    if slope:
        given |= {"smoothing_trend": beta, "initial_trend": slope}
    if seasons:
        given |= {f"initial_seasonal.{j}": seasons[SP - 1 - j] for j in range(SP)}
        given["smoothing_seasonal"] = gamma
    if damped:
        given["damping_trend"] = phi
    result = model.smooth([given[name] for name in model.param_names])
    return {
        "model": f"{error}{trend}{'d' * damped}{season}",
        "smoothing": [
            alpha,
            beta if slope else 0.0,
            gamma if seasons else 0.0,
            phi if damped else 1.0,
        ],
        "level": 98.0,
        "slope": slope or 0.0,
        "season": seasons or [0.0] * SP,
        "values": list(y),
        "fitted": list(map(float, result.fittedvalues)),
        "loglik": float(result.llf),
        "forecast": list(map(float, result.forecast(H))),
    }


def main():
    """Print the file."""
    trends = [("N", False), ("A", False), ("A", True), ("M", False), ("M", True)]
    cases = [
        case(error, trend, damped, season, seed)
        for error in "AM"
        for trend, damped in trends
        for season in "NA"
        for seed in (1, 2)
    ]
    made_by = f"statsmodels {statsmodels.__version__}, numpy {np.__version__}"
    sys.stdout.write(json.dumps({"made_by": made_by, "sp": SP, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
