"""What it is worth that the rate falls at the end of `max_time`: against one that is cut off high.

    python benchmarks/bench_max_time.py

Handwritten digits of scikit-learn, read row by row, and a regression on random walks; half of the
rows are trained on. The clock is that of the process' CPU time, so that a busy machine changes
little. The shares are those of the time that the whole fit takes.
"""

import statistics
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skgru import GRUClassifier, GRURegressor, _time_limit

SHARES = (0.1, 0.25, 0.5, 0.75)
SEEDS = range(5)


def tasks():
    """Name, class and data of each task, halved."""
    X, y = load_digits(return_X_y=True)
    yield "digits, accuracy", GRUClassifier, halve(X.reshape(-1, 8, 8), y, y)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 40)).cumsum(axis=1)
    largest_step = np.abs(np.diff(X, axis=1)).max(axis=1)
    y = X[:, 30] - X[:, 10] + largest_step + rng.normal(size=1500)
    yield "random walks, R2", GRURegressor, halve(X, y, None)


def halve(X, y, classes):
    """Rows to train on and others."""
    return train_test_split(X, y, test_size=0.5, random_state=0, stratify=classes)


def measure(cls, data, **parameters):
    """Mean score and mean CPU seconds of fits."""
    X, X_test, y, y_test = data
    scores, seconds = [], []
    for seed in SEEDS:
        started = time.process_time()
        estimator = cls(random_state=seed, **parameters).fit(X, y)
        seconds.append(time.process_time() - started)
        scores.append(estimator.score(X_test, y_test))
    return statistics.mean(scores), statistics.mean(seconds)


def main():
    """Print a table for each task."""
    _time_limit.now = time.process_time
    cool_down = _time_limit.COOL_DOWN
    for name, cls, data in tasks():
        measure(cls, data, epochs=1)
        score, seconds = measure(cls, data)
        print(f"{name}: {score:.4f} in {seconds:.2f} s without a limit")
        print("share  seconds  falling  cut off")
        for share in SHARES:
            found = []
            for part in (cool_down, 1e-9):
                _time_limit.COOL_DOWN = part
                found.append(measure(cls, data, max_time=share * seconds)[0])
            print(f"{share:5.2f}  {share * seconds:7.2f}  {found[0]:.4f}   {found[1]:.4f}")


if __name__ == "__main__":
    main()
