"""The kernels of the recursion against the textbook's tables, and the laws they obey."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from skgru.ets import _recursion

CLOSE = 1e-8
PERIODS = (1, 4, 12)
NAMES = [
    error + trend + season
    for error in "AM"
    for trend in ("N", "A", "Ad", "M", "Md")
    for season in "NAM"
]
ADDITIVE = ["ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA"]
CASES = [(name, sp) for name in NAMES for sp in PERIODS if sp > 1 or name.endswith("N")]

laws = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
cases = st.sampled_from(CASES)
seeds = st.integers(0, 10_000)


def run(problem, values=None, states=None, phase=0):
    """`_recursion.run` with work arrays; what it returns and what it wrote."""
    values = problem.values if values is None else values
    states = (problem.states if states is None else states).copy()
    residuals, forecasts = np.empty((2, len(values)))
    error, trend, _, season = problem.spec.code
    returned = _recursion.run(
        values, error, trend, season, problem.sp, phase, problem.smoothing, states, residuals,
        forecasts,
    )  # fmt: skip
    return returned, states, residuals, forecasts


def extrapolate(problem, states, h, phase=0):
    """`_recursion.extrapolate` into a new array."""
    out = np.empty(h)
    _, trend, _, season = problem.spec.code
    _recursion.extrapolate(states, trend, season, problem.sp, phase, problem.smoothing, out)
    return out


def trace(problem, phase=0):
    """`_recursion.trace` into a new array, and the states it left."""
    out = np.empty((len(problem.values), 3))
    states = problem.states.copy()
    error, trend, _, season = problem.spec.code
    _recursion.trace(
        problem.values, error, trend, season, problem.sp, phase, problem.smoothing, states, out
    )
    return out


def test_all_models_are_there(book):
    assert sorted(book.names) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES[:15])
def test_the_two_tables_of_the_textbook_move_the_states_alike(book, name):
    additive = book.pose(name, 4, noise=0.02)
    other = book.Textbook(
        book.pose("M" + name[1:], 4).spec, additive.sp, additive.smoothing
    ).filter(additive.values, additive.states)
    run = additive.textbook.filter(additive.values, additive.states)
    assert_allclose(other.forecasts, run.forecasts, rtol=1e-11)
    assert_allclose(other.trace, run.trace, rtol=1e-11)


@pytest.mark.parametrize("missing", [0.0, 0.15], ids=["whole", "missing"])
@pytest.mark.parametrize("phase", [0, 1, 7])
@pytest.mark.parametrize(("name", "sp"), CASES)
def test_a_run_is_the_textbooks(book, name, sp, phase, missing):
    problem = book.pose(name, sp, missing=missing)
    expected = problem.textbook.filter(problem.values, problem.states, phase)
    (sse, log_forecasts, n), states, residuals, forecasts = run(problem, phase=phase)
    seen = ~np.isnan(problem.values)
    assert n == seen.sum()
    assert_allclose(forecasts, expected.forecasts, rtol=CLOSE)
    # A residual is a difference of numbers near 100 (error A) or near 1 (error M).
    scale = 100 if name[0] == "A" else 1
    assert_allclose(residuals, expected.residuals, rtol=CLOSE, atol=1e-12 * scale)
    assert_allclose(states, expected.states, rtol=CLOSE, atol=1e-10)
    assert_allclose(sse, np.nansum(np.square(expected.residuals)), rtol=CLOSE)
    loss = n * np.log(sse)
    if name[0] == "M":
        expected_logs = np.log(np.abs(expected.forecasts))[seen].sum()
        assert_allclose(log_forecasts, expected_logs, rtol=CLOSE)
        loss += 2 * log_forecasts
    assert_allclose(
        loss, problem.textbook.loss(problem.values, problem.states, phase), rtol=CLOSE, atol=1e-7
    )


@pytest.mark.parametrize("phase", [0, 1, 7])
@pytest.mark.parametrize(("name", "sp"), CASES)
def test_extrapolation_is_the_textbooks(book, name, sp, phase):
    problem = book.pose(name, sp)
    before = problem.states.copy()
    for h in (1, 2, 30):
        assert_allclose(
            extrapolate(problem, problem.states, h, phase),
            problem.textbook.forecast(problem.states, h, phase),
            rtol=CLOSE,
        )
    assert_allclose(problem.states, before, rtol=0)


@pytest.mark.parametrize("missing", [0.0, 0.15], ids=["whole", "missing"])
@pytest.mark.parametrize(("name", "sp"), CASES)
def test_the_trace_is_the_textbooks(book, name, sp, missing):
    problem = book.pose(name, sp, missing=missing)
    for phase in (0, 5):
        expected = np.array(
            problem.textbook.filter(problem.values, problem.states, phase).trace, dtype=float
        )
        used = [True, "NAM".index(problem.spec.trend) > 0, problem.spec.season != "N"]
        assert_allclose(trace(problem, phase)[:, used], expected[:, used], rtol=CLOSE, atol=1e-10)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("N")])
def test_absent_seasons_are_not_read(book, name):
    problem = book.pose(name, 4)
    states = problem.states.copy()
    states[2:] = 17.0
    plain, filled = run(problem), run(problem, states=states)
    assert plain[0] == filled[0]
    assert_allclose(filled[3], plain[3], rtol=0)
    assert_allclose(filled[1][:2], plain[1][:2], rtol=0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # where the kernels are not compiled
@pytest.mark.parametrize("name", NAMES)
def test_an_impossible_run_is_infinitely_bad(book, name):
    problem = book.pose(name, 4)
    values = problem.values.copy()
    values[10] = 1e308
    values[12] = -1e308
    (sse, _, _), *_ = run(problem, values=values)
    assert sse == np.inf


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # where the kernels are not compiled
@pytest.mark.parametrize("name", [name for name in NAMES if "M" in name])
def test_levels_below_zero_are_invalid_where_something_multiplies(book, name):
    problem = book.pose(name, 4)
    states = problem.states.copy()
    states[0] = -100.0
    if problem.spec.season == "A":
        states[2:] = 0.0
    (sse, _, _), *_ = run(problem, states=states)
    assert sse == np.inf


@pytest.mark.parametrize("name", NAMES)
def test_a_series_without_values_leaves_no_trace(book, name):
    problem = book.pose(name, 4)
    missing = np.full(9, np.nan)
    (sse, _, n), states, residuals, forecasts = run(problem, values=missing, phase=2)
    assert n == 0
    assert sse == 0
    assert np.isnan(residuals).all()
    assert_allclose(forecasts, extrapolate(problem, problem.states, 9, 2), rtol=1e-12)
    # Missing values are what extrapolation takes them to be, so forecasting goes on from there.
    assert_allclose(
        extrapolate(problem, states, 5, 11),
        extrapolate(problem, problem.states, 14, 2)[9:],
        rtol=1e-12,
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_series_changes_nothing(book, name):
    problem = book.pose(name, 4)
    (sse, logs, n), states, *_ = run(problem, values=np.empty(0))
    assert (sse, logs, n) == (0, 0, 0)
    assert_allclose(states, problem.states, rtol=0)


@laws
@given(case=cases, seed=seeds, exponent=st.integers(-9, 9))
def test_states_scale_with_the_series(book, case, seed, exponent):
    problem = book.pose(*case, seed=seed, missing=0.1)
    c = 10.0**exponent
    factors = np.ones_like(problem.states)
    factors[0] = c
    factors[1] = 1 if problem.spec.trend == "M" else c
    factors[2:] = 1 if problem.spec.season == "M" else c
    one, many = run(problem), run(problem, c * problem.values, factors * problem.states)
    residual_scale = 1 if problem.spec.error == "M" else c
    assert_allclose(many[1], factors * one[1], rtol=CLOSE, atol=1e-10 * c)
    assert_allclose(many[3], c * one[3], rtol=CLOSE)
    assert_allclose(many[0][0], one[0][0] * residual_scale**2, rtol=CLOSE)
    if problem.spec.error == "M":
        assert_allclose(many[0][1], one[0][1] + one[0][2] * np.log(c), rtol=CLOSE, atol=1e-8)


@laws
@given(
    case=st.sampled_from([case for case in CASES if case[0] in ADDITIVE]),
    seed=seeds,
    shift=st.floats(-1e4, 1e4),
)
def test_a_shift_of_an_additive_series_shifts_the_level_alone(book, case, seed, shift):
    problem = book.pose(*case, seed=seed, missing=0.1)
    moved = problem.states.copy()
    moved[0] += shift
    one, other = run(problem), run(problem, problem.values + shift, moved)
    expected = one[1].copy()
    expected[0] += shift
    assert_allclose(other[1], expected, rtol=CLOSE, atol=1e-8)
    assert_allclose(other[2], one[2], rtol=CLOSE, atol=1e-8)
    assert_allclose(other[3], one[3] + shift, rtol=CLOSE, atol=1e-8)


@laws
@given(case=cases, seed=seeds, cut=st.integers(0, 60), phase=st.integers(0, 30))
def test_two_halves_make_one_run(book, case, seed, cut, phase):
    problem = book.pose(*case, seed=seed, missing=0.1)
    whole = run(problem, phase=phase)
    first = run(problem, problem.values[:cut], phase=phase)
    second = run(problem, problem.values[cut:], first[1], phase=phase + cut)
    assert_allclose(second[1], whole[1], rtol=1e-12, atol=1e-12)
    assert_allclose(np.r_[first[2], second[2]], whole[2], rtol=1e-12, atol=1e-12)
    assert_allclose(np.r_[first[3], second[3]], whole[3], rtol=1e-12)
    assert_allclose(first[0][0] + second[0][0], whole[0][0], rtol=1e-10)
    assert first[0][2] + second[0][2] == whole[0][2]


@laws
@given(case=cases, seed=seeds, turn=st.integers(0, 3))
def test_a_later_phase_is_a_turned_season(book, case, seed, turn):
    problem = book.pose(*case, seed=seed, missing=0.1)
    turned = problem.states.copy()
    turned[2:] = np.roll(turned[2:], turn)
    one, other = run(problem), run(problem, states=turned, phase=turn)
    assert_allclose(other[3], one[3], rtol=1e-12)
    assert_allclose(other[2], one[2], rtol=1e-12, atol=1e-12)
    assert other[0] == pytest.approx(one[0])
