"""The estimator's parameters as settings, and an error that names each bad value."""

import numpy as np
import pytest

from skgru import ETSForecaster
from skgru.ets import _options, _presets


def read(period=1, regressors=False, **parameters):
    return _options.read(ETSForecaster(**parameters).get_params(deep=False), period, regressors)


def names(options):
    return [spec.name for spec in options.settings.specs]


def test_the_automatic_choice_is_that_of_r():
    assert len(names(read())) == 6
    assert len(names(read(12))) == 15
    assert len(names(read(12, restrict=False))) == 30


def test_combining_is_the_default_until_something_is_named():
    assert read().combine
    assert read(search="combine").combine
    assert not read(error="add").combine
    assert not read(damped_trend=False).combine
    assert not read(search="select").combine
    assert read(error="add", combine=True).combine
    assert not read(combine=False).combine


def test_search_follows_combining():
    assert read().settings.search is _presets.combine(1)
    assert read(12).settings.search is _presets.combine(12)
    assert read(combine=False).settings.search is _presets.combine(1)
    assert read(combine=False).charge == _presets.CHARGE
    assert read(trend="add").settings.search is _presets.select(1)
    assert read(search="select").settings.search is _presets.select(1)
    assert read(search="select").charge == 0
    assert read(search="thorough").settings.search is _presets.THOROUGH


def test_one_model():
    options = read(4, error="mul", trend="add", damped_trend=True, seasonal="mul")
    assert names(options) == ["ETS(M,Ad,M)"]


def test_regressors_and_transformations_leave_additive_models():
    assert set("".join(names(read(12, regressors=True)))) <= set("ETS(,)ANd")
    assert set("".join(names(read(12, boxcox=0.5)))) <= set("ETS(,)ANd")
    with pytest.raises(ValueError, match=r"exogenous X .* got seasonal='mul'"):
        read(12, regressors=True, seasonal="mul")


def test_fixed_parameters_have_equal_bounds():
    bounds = read(alpha=0.3, phi=0.9).settings.bounds
    assert bounds[0].tolist() == [0.3, 0.3]
    assert bounds[3].tolist() == [0.9, 0.9]
    assert bounds[1, 0] < bounds[1, 1]


def test_own_bounds():
    settings = read(bounds={"alpha": (0.1, 0.2)}).settings
    assert settings.bounds[0].tolist() == [0.1, 0.2]
    assert settings.region == "both"
    assert read(bounds="admissible").settings.region == "admissible"


def test_fixed_states():
    fixed = read(2, initial_level=3, initial_seasonal=[1, -1]).settings.fixed
    assert fixed.level == 3
    assert np.isnan(fixed.slope)
    assert fixed.season.tolist() == [1, -1]


def test_threads():
    assert _options.n_threads(None) == 1
    assert _options.n_threads(3) == 3
    assert _options.n_threads(-1) >= 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"error": "A"}, r"error is one of \('auto', 'add', 'mul'\); got 'A'"),
        ({"error": None}, "error is one of"),
        ({"trend": False}, "trend is one of"),
        ({"damped_trend": 1}, "damped_trend is one of"),
        ({"damped_trend": True, "trend": None}, "Only a trend can be damped"),
        ({"seasonal": "add"}, "period of at least 2; got seasonal='add' with sp=1"),
        ({"trend": None, "beta": 0.1}, "trend=None has no beta; got beta=0.1"),
        ({"trend": None, "phi": 0.9}, "trend=None has no phi"),
        ({"trend": None, "initial_trend": 1.0}, "trend=None has no initial_trend"),
        ({"damped_trend": False, "phi": 0.9}, "damped_trend=False has no phi; .* to 'auto'"),
        ({"seasonal": None, "gamma": 0.1}, "seasonal=None has no gamma"),
        ({"seasonal": None, "initial_seasonal": [1.0]}, "seasonal=None has no initial_seasonal"),
        ({"sp": 0}, "sp is an integer of at least 1, a list of such integers or 'auto'; got 0"),
        ({"sp": "M"}, "or 'auto'; got 'M'"),
        ({"sp": 4.0}, "sp is an integer"),
        ({"combine": None}, "combine is one of"),
        ({"information_criterion": "hqic"}, "information_criterion is one of"),
        ({"alpha": "a"}, "alpha is a finite number or None; got 'a'"),
        ({"initial_level": np.inf}, "initial_level is a finite number"),
        ({"initial_seasonal": [1.0]}, None),
        ({"initial_seasonal": [1.0, 2.0, 3.0]}, "each of the 1 phases"),
        ({"bounds": "tight"}, "bounds is one of"),
        ({"bounds": {"kappa": (0, 1)}}, "bounds are of .* got 'kappa'"),
        ({"bounds": {"alpha": 0.5}}, r"bounds\['alpha'\] is a pair"),
        ({"bounds": {"alpha": (0.5, 0.1)}}, "lower <= upper"),
        ({"objective": "mape"}, "objective is one of"),
        ({"boxcox": "log"}, "boxcox is a finite number"),
        ({"bias_adjust": True}, "got boxcox=None"),
        ({"nonnegative": 0}, "nonnegative is one of"),
        ({"search": "fast"}, "search is one of"),
        ({"n_jobs": 0}, "n_jobs is None or an integer other than 0"),
        ({"n_simulations": 0}, "n_simulations is an integer of at least 1"),
    ],
)
def test_errors_name_the_parameter(parameters, message):
    if message is None:
        read(**parameters)
        return
    with pytest.raises(ValueError, match=message):
        read(**parameters)


def test_bounds_of_another_type():
    with pytest.raises(TypeError, match="bounds is one of"):
        read(bounds=3)
