import numpy as np

from skgru.sktime import _highway, _windows
from skgru.sktime._windows import Series, Shape


def panel(n_known=0, n=200):
    rng = np.random.default_rng(0)
    known = rng.normal(size=(n, n_known))
    return Series(np.cumsum(rng.normal(size=n)), known)


def cut(series, context=6, horizon=2):
    return _windows.cut([series], [np.arange(context, 190)], Shape(context, horizon, False))


def test_an_autoregression_is_found():
    y = np.zeros(200)
    rng = np.random.default_rng(0)
    y[:2] = 1, 0
    for t in range(2, 200):
        y[t] = 1.2 * y[t - 1] - 0.9 * y[t - 2] + 0.01 * rng.normal()
    windows = cut(Series(y, np.zeros((200, 0))))
    highway = _highway.fit(windows, 1, 1e-6)
    error = windows.restore(highway.forecast(windows) - windows.target, False)
    assert np.abs(windows.restore(highway.forecast(windows), False)).max() < 10
    assert np.median(np.abs((error - windows.level[:, None])[:, 0])) < 0.02


def test_a_large_penalty_leaves_the_last_season():
    windows = cut(panel())
    highway = _highway.fit(windows, 3, 1e9)
    np.testing.assert_allclose(highway.forecast(windows), windows.context[:, 3:5], atol=1e-3)


def test_what_is_known_ahead_enters_at_its_step():
    series = panel(1)
    series = series._replace(values=series.values * 0.01 + 3 * series.known[:, 0])
    windows = cut(series)
    with_known, without = (_highway.fit(windows, 1, 1e-3, n) for n in (1, 0))

    def error(highway):
        return np.abs(highway.forecast(windows) - windows.target).mean()

    assert error(with_known) < 0.5 * error(without)


def test_elimination_solves_the_joint_equations():
    windows = cut(panel(1))
    x = np.concatenate([windows.context, np.ones((windows.n, 1), "float32")], axis=1)
    ones = np.ones(windows.n, np.float32)
    weights, known = _highway._solve(windows, 1, x, windows.target, ones, 0.1)
    change = _highway._changes(windows, 1, 0)
    joint = np.concatenate([x, change], axis=1).astype(float)
    gram = joint.T @ joint + 0.1 * windows.n * np.eye(joint.shape[1])
    expected = np.linalg.solve(gram, joint.T @ windows.target[:, 0])
    np.testing.assert_allclose(np.append(weights[:, 0], known[0]), expected, rtol=1e-3, atol=1e-5)


def test_few_rows_and_many_give_the_same_correction():
    rng = np.random.default_rng(0)
    x, residual = rng.normal(size=(6, 5)), rng.normal(size=(6, 2))
    primal = _highway._correct(x, residual, 0.5)
    wide = np.concatenate([x, np.zeros((6, 4))], axis=1)
    np.testing.assert_allclose(_highway._correct(wide, residual, 0.5)[:5], primal, rtol=1e-4)
