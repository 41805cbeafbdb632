"""The textbook's 30 models, slow and readable, and problems to compare the kernels on.

The equations are those of Hyndman, Koehler, Ord & Snyder (2008), *Forecasting with Exponential
Smoothing*, tables 2.2 (additive errors) and 2.3 (multiplicative errors), cell by cell.
"""

import math
import os
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from skgru.ets._model import ETSSpec

# Mean, level, slope and season at time t. On the right l and b are those of time t - 1, s the
# season of time t - sp and e the innovation: y = mean + e in 2.2, y = mean * (1 + e) in 2.3.
TABLE = {
    # Table 2.2
    "ANN": ("l", "l + alpha*e", "b", "s"),
    "ANA": ("l + s", "l + alpha*e", "b", "s + gamma*e"),
    "ANM": ("l*s", "l + alpha*e/s", "b", "s + gamma*e/l"),
    "AAN": ("l + b", "l + b + alpha*e", "b + beta*e", "s"),
    "AAA": ("l + b + s", "l + b + alpha*e", "b + beta*e", "s + gamma*e"),
    "AAM": ("(l + b)*s", "l + b + alpha*e/s", "b + beta*e/s", "s + gamma*e/(l + b)"),
    "AAdN": ("l + phi*b", "l + phi*b + alpha*e", "phi*b + beta*e", "s"),
    "AAdA": ("l + phi*b + s", "l + phi*b + alpha*e", "phi*b + beta*e", "s + gamma*e"),
    "AAdM": (
        "(l + phi*b)*s",
        "l + phi*b + alpha*e/s",
        "phi*b + beta*e/s",
        "s + gamma*e/(l + phi*b)",
    ),
    "AMN": ("l*b", "l*b + alpha*e", "b + beta*e/l", "s"),
    "AMA": ("l*b + s", "l*b + alpha*e", "b + beta*e/l", "s + gamma*e"),
    "AMM": ("l*b*s", "l*b + alpha*e/s", "b + beta*e/(s*l)", "s + gamma*e/(l*b)"),
    "AMdN": ("l*b**phi", "l*b**phi + alpha*e", "b**phi + beta*e/l", "s"),
    "AMdA": ("l*b**phi + s", "l*b**phi + alpha*e", "b**phi + beta*e/l", "s + gamma*e"),
    "AMdM": (
        "l*b**phi*s",
        "l*b**phi + alpha*e/s",
        "b**phi + beta*e/(s*l)",
        "s + gamma*e/(l*b**phi)",
    ),
    # Table 2.3
    "MNN": ("l", "l*(1 + alpha*e)", "b", "s"),
    "MNA": ("l + s", "l + alpha*(l + s)*e", "b", "s + gamma*(l + s)*e"),
    "MNM": ("l*s", "l*(1 + alpha*e)", "b", "s*(1 + gamma*e)"),
    "MAN": ("l + b", "(l + b)*(1 + alpha*e)", "b + beta*(l + b)*e", "s"),
    "MAA": (
        "l + b + s",
        "l + b + alpha*(l + b + s)*e",
        "b + beta*(l + b + s)*e",
        "s + gamma*(l + b + s)*e",
    ),
    "MAM": ("(l + b)*s", "(l + b)*(1 + alpha*e)", "b + beta*(l + b)*e", "s*(1 + gamma*e)"),
    "MAdN": ("l + phi*b", "(l + phi*b)*(1 + alpha*e)", "phi*b + beta*(l + phi*b)*e", "s"),
    "MAdA": (
        "l + phi*b + s",
        "l + phi*b + alpha*(l + phi*b + s)*e",
        "phi*b + beta*(l + phi*b + s)*e",
        "s + gamma*(l + phi*b + s)*e",
    ),
    "MAdM": (
        "(l + phi*b)*s",
        "(l + phi*b)*(1 + alpha*e)",
        "phi*b + beta*(l + phi*b)*e",
        "s*(1 + gamma*e)",
    ),
    "MMN": ("l*b", "l*b*(1 + alpha*e)", "b*(1 + beta*e)", "s"),
    "MMA": (
        "l*b + s",
        "l*b + alpha*(l*b + s)*e",
        "b + beta*(l*b + s)*e/l",
        "s + gamma*(l*b + s)*e",
    ),
    "MMM": ("l*b*s", "l*b*(1 + alpha*e)", "b*(1 + beta*e)", "s*(1 + gamma*e)"),
    "MMdN": ("l*b**phi", "l*b**phi*(1 + alpha*e)", "b**phi*(1 + beta*e)", "s"),
    "MMdA": (
        "l*b**phi + s",
        "l*b**phi + alpha*(l*b**phi + s)*e",
        "b**phi + beta*(l*b**phi + s)*e/l",
        "s + gamma*(l*b**phi + s)*e",
    ),
    "MMdM": ("l*b**phi*s", "l*b**phi*(1 + alpha*e)", "b**phi*(1 + beta*e)", "s*(1 + gamma*e)"),
}
COMPILED = {
    name: [compile(formula, f"{name}: {formula}", "eval") for formula in row]
    for name, row in TABLE.items()
}


class Filtered(NamedTuple):
    """What the textbook's recursion gives; lists over time."""

    forecasts: list
    residuals: list  # NaN where the value is missing
    trace: list  # level, slope and season after each value
    states: np.ndarray  # level, slope, seasons after the last


class Textbook:
    """One model of the tables with its smoothing parameters, in plain Python."""

    def __init__(self, spec, sp, smoothing):
        self.spec = spec
        self.sp = sp
        self.smoothing = dict(zip(("alpha", "beta", "gamma", "phi"), map(float, smoothing)))
        self.formulas = COMPILED[spec.name[4:-1].replace(",", "")]

    def evaluate(self, which, l, b, s, e=0.0):
        """One column of the table."""
        return eval(self.formulas[which], {"l": l, "b": b, "s": s, "e": e, **self.smoothing})

    def mean(self, states, t):
        """One-step forecast of time t."""
        return self.evaluate(0, states[0], states[1], states[2 + t % self.sp])

    def move(self, states, t, e):
        """States after time t from those before it and the innovation."""
        l, b, s = float(states[0]), float(states[1]), float(states[2 + t % self.sp])
        moved = [float(state) for state in states]
        moved[0] = self.evaluate(1, l, b, s, e)
        moved[1] = self.evaluate(2, l, b, s, e)
        moved[2 + t % self.sp] = self.evaluate(3, l, b, s, e)
        return moved

    def filter(self, values, states, phase=0):
        """Run along the values; a missing one is taken to be what was forecast, and not counted."""
        forecasts, residuals, trace = [], [], []
        for t, y in enumerate(values, start=phase):
            mean = self.mean(states, t)
            e = y - mean if self.spec.error == "A" else (y - mean) / mean
            states = self.move(states, t, 0.0 if math.isnan(y) else e)
            forecasts.append(mean)
            residuals.append(e)
            trace.append((states[0], states[1], states[2 + t % self.sp]))
        return Filtered(forecasts, residuals, trace, np.array(states))

    def forecast(self, states, h, phase=0):
        """Means of the next h times: the recursion with innovations of zero."""
        return self.simulate(states, np.zeros(h), phase)

    def simulate(self, states, innovations, phase=0):
        """Values that follow from the innovations."""
        values = []
        for t, e in enumerate(innovations, start=phase):
            mean = self.mean(states, t)
            values.append(mean + e if self.spec.error == "A" else mean * (1 + e))
            states = self.move(states, t, float(e))
        return np.array(values)

    def loss(self, values, states, phase=0):
        """-2 log likelihood without constants: n log(sum e^2), error M: + 2 sum log |mean|."""
        run = self.filter(values, states, phase)
        counted = [(e, mean) for e, mean in zip(run.residuals, run.forecasts) if not math.isnan(e)]
        loss = len(counted) * math.log(math.fsum(e * e for e, _ in counted))
        if self.spec.error == "M":
            loss += 2 * math.fsum(math.log(abs(mean)) for _, mean in counted)
        return loss


class Problem(NamedTuple):
    """A series that the model could have made, and parameters to run along it."""

    spec: ETSSpec
    sp: int
    smoothing: np.ndarray
    states: np.ndarray
    values: np.ndarray
    textbook: Textbook


def draw(name, sp, n, rng, noise):
    """A problem as `pose` makes it, tame or not."""
    spec = ETSSpec.parse(name)
    _, has_beta, has_gamma, has_phi = spec.uses
    alpha = rng.uniform(0.05, 0.6)
    smoothing = np.array([alpha, 0.0, 0.0, 1.0])
    if has_beta:
        smoothing[1] = rng.uniform(0.05, 0.25) * alpha
    if has_gamma:
        smoothing[2] = rng.uniform(0.05, 0.6) * (1 - alpha)
    if has_phi:
        smoothing[3] = rng.uniform(0.8, 0.98)
    states = np.zeros(2 + sp)
    states[0] = rng.uniform(90, 110)
    states[1] = {"N": 0.0, "A": rng.uniform(-0.3, 1.0), "M": rng.uniform(0.995, 1.01)}[spec.trend]
    if has_gamma:
        season = rng.uniform(-1, 1, sp)
        season -= season.mean()
        states[2:] = 20 * season if spec.season == "A" else 1 + 0.2 * season
    textbook = Textbook(spec, sp, smoothing)
    scale = noise if spec.error == "M" else 100 * noise
    values = textbook.simulate(states, scale * np.clip(rng.standard_normal(n), -3, 3))
    # Not quite the states that made it: residuals are not the innovations drawn.
    states[0] *= 1.02
    return Problem(spec, sp, smoothing, states, values, textbook)


def pose(name, sp, n=60, seed=0, missing=0.0, noise=0.02):
    """A problem whose level stays near 100; a share of the values is missing."""
    rng = np.random.default_rng([seed, sp, *name.encode()])
    for _ in range(1000):
        try:
            problem = draw(name, sp, n, rng, noise)
            gaps = rng.random(n) < missing
            values = np.where(gaps, np.nan, problem.values)
            forecasts = problem.textbook.filter(values, problem.states).forecasts
        except (TypeError, OverflowError):
            continue  # a growth factor left the positive numbers
        every = [*problem.values, *forecasts]
        if 20 < min(every) and max(every) < 1000:
            return problem._replace(values=values)
    raise AssertionError(f"no tame series of {name}")


@pytest.fixture(scope="session")
def book():
    """`Textbook`, `pose` and the names of the 30 models."""
    return SimpleNamespace(Textbook=Textbook, pose=pose, names=tuple(TABLE))


@pytest.fixture(scope="session")
def data():
    """Folder of the data sets that the environment variable SKGRU_DATA names."""
    folder = Path(os.environ.get("SKGRU_DATA", ""))
    if not (folder / "forecast" / "m3_ets_R.csv.gz").is_file():
        pytest.skip("SKGRU_DATA does not name a folder with forecast/m3_ets_R.csv.gz")
    return folder
