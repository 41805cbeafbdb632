"""Coverage and width of ETSForecaster's 95 % intervals on short series whose size changes wildly.

    python benchmarks/bench_ets_coverage.py [--series 1000]

Exponentials of normal numbers (drawn anew, or summed up to a walk) with deviation 0.5, 2 and 4: at
4, values change by a factor of 50 from one to the next. One step is forecast. "Upper" is the upper
bound over the largest value seen: median, and the value that one of twenty exceeds.
"""

import argparse

import numpy as np

from skgru import ETSForecaster

DEVIATIONS = (0.5, 2.0, 4.0)
LENGTHS = (5, 8, 12, 24)
MODES = {"default": {}, "candidates": {"combine": "candidates"}}


def draw(kind, deviation, n_series, length):
    """Positive series of one length."""
    logs = np.random.default_rng(0).normal(0, deviation, (n_series, length))
    return np.exp(np.cumsum(logs, axis=1) if kind == "walk" else logs)


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=1000)
    n_series = parser.parse_args().series
    print("| logarithms | deviation | values | models | inside % | above % | upper |")
    print("|---|---|---|---|---|---|---|")
    for kind in ("independent", "walk"):
        for deviation in DEVIATIONS:
            for length in LENGTHS:
                values = draw(kind, deviation, n_series, length + 1)
                seen, future = values[:, :-1], values[:, -1]
                for mode, parameters in MODES.items():
                    found = ETSForecaster(**parameters).forecast_arrays(
                        seen.ravel(), np.arange(n_series + 1) * length, 1, coverage=0.95
                    )
                    lower, upper = found.lower[0, :, 0], found.upper[0, :, 0]
                    inside = 100 * np.mean((lower <= future) & (future <= upper))
                    above = 100 * np.mean(future > upper)
                    size = np.quantile(upper / seen.max(axis=1), [0.5, 0.95])
                    print(
                        f"| {kind} | {deviation:g} | {length} | {mode} | {inside:.1f} | "
                        f"{above:.1f} | {size[0]:.1f}, {size[1]:.0f} |"
                    )


if __name__ == "__main__":
    main()
