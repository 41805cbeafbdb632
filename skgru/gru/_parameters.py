"""Which constructor values are allowed, in words and in code."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING

from skgru.gru._model import POOLINGS

if TYPE_CHECKING:
    from collections.abc import Callable

Rule = tuple[str, "Callable[[object], bool]"]


def _is_int(value) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def whole(low: int) -> Rule:
    return f"a whole number >= {low}", lambda value: _is_int(value) and value >= low


def number(low: float, high: float, *, open_low=False, open_high=False) -> Rule:
    words = f"a number in {'(' if open_low else '['}{low}, {high}{')' if open_high else ']'}"

    def holds(value) -> bool:
        if isinstance(value, bool) or not isinstance(value, Real):
            return False
        try:
            number = float(value)  # NaN is in no interval
        except OverflowError:
            return False
        above = number > low if open_low else number >= low
        below = number < high if open_high else number <= high
        return above and below

    return words, holds


def one_of(*options) -> Rule:
    return " or ".join(map(repr, options)), lambda value: any(
        value is option or (isinstance(value, str) and value == option) for option in options
    )


def either(*rules: Rule) -> Rule:
    return " or ".join(words for words, _ in rules), lambda value: any(
        holds(value) for _, holds in rules
    )


def _some_of(rule: Rule) -> Rule:
    """A value that keeps the rule, or a non-empty tuple or list of them."""
    words, holds = rule
    return (
        f"{words}, or a tuple of these",
        lambda value: (
            len(value) > 0 and all(map(holds, value))
            if isinstance(value, tuple | list)
            else holds(value)
        ),
    )


FLAG = one_of(True, False)
POSITIVE = number(0, math.inf, open_low=True, open_high=True)
NOT_NEGATIVE = number(0, math.inf, open_high=True)
RATE = number(0, 1, open_high=True)

# Of every long fit.
LONG_FIT_RULES: dict[str, Rule] = {
    "max_time": either(POSITIVE, one_of(None)),
    "checkpoint_dir": (
        "the path of a folder, or None",
        lambda v: v is None or (isinstance(v, str | os.PathLike) and bool(os.fspath(v))),
    ),
}

RULES: dict[str, Rule] = {
    **LONG_FIT_RULES,
    "units": _some_of(whole(1)),
    "bidirectional": FLAG,
    "pooling": _some_of(one_of(*POOLINGS)),
    "vocabulary_size": either(whole(1), one_of("auto", None)),
    "patch_length": either(whole(1), one_of("auto", None)),
    "patch_stride": either(whole(1), one_of("auto", None)),
    "embedding_units": either(whole(1), one_of("auto", None)),
    "context_length": either(whole(1), one_of(None)),
    "batch_norm": FLAG,
    "whitening": FLAG,
    "dropout": RATE,
    "recurrent_dropout": RATE,
    "weight_decay": NOT_NEGATIVE,
    "clipnorm": either(POSITIVE, one_of(None)),
    "label_smoothing": RATE,
    "augmentation": one_of("warp", None),
    "epochs": either(whole(1), one_of("auto")),
    "batch_size": either(whole(1), one_of("auto")),
    "learning_rate": POSITIVE,
    "schedule": one_of("cosine", "constant"),
    "early_stopping": FLAG,
    "validation_fraction": number(0, 1, open_low=True, open_high=True),
    "n_iter_no_change": whole(1),
    "tol": NOT_NEGATIVE,
    "class_weight": (
        "'balanced', a dict of a weight for each label, or None",
        lambda v: v is None or isinstance(v, Mapping) or (isinstance(v, str) and v == "balanced"),
    ),
    "warm_start": FLAG,
    "network": (
        "a function of (n_timesteps, n_channels), or None",
        lambda v: v is None or callable(v),
    ),
    "engine": one_of("auto", "numba", "keras"),
    "verbose": either(whole(0), FLAG),
}


def apply(rules: dict[str, Rule], estimator) -> dict:
    """The constructor's values; refuses one that breaks its rule."""
    values = estimator.get_params(deep=False)
    require(type(estimator).__name__, rules, values)
    return values


def require(owner: str, rules: dict[str, Rule], values: dict) -> None:
    """Refuse the first value, in the order of the rules, that breaks the rule of its name."""
    for name, (words, holds) in rules.items():
        if name in values and not holds(values[name]):
            raise ValueError(
                f"The {name!r} parameter of {owner} must be {words}. Got {values[name]!r} instead."
            )


def check(estimator) -> None:
    """Refuse a constructor value that breaks its rule, or one that contradicts another."""
    values = apply(RULES, estimator)
    length, stride = values["patch_length"], values["patch_stride"]
    if _is_int(length) and _is_int(stride) and stride > length:
        raise ValueError(
            "The 'patch_stride' parameter must not exceed 'patch_length', or steps between two "
            f"patches would never be read. Got {stride} > {length}."
        )
    pooling = values["pooling"]
    if not isinstance(pooling, str) and len(set(pooling)) < len(pooling):
        raise ValueError(f"The 'pooling' parameter must not name a pooling twice. Got {pooling!r}.")
    if values["vocabulary_size"] is not None:
        _check_tokens(values)
    if values["checkpoint_dir"] is not None:
        _check_checkpoints(values)
    if values["network"] is not None and values["engine"] == "numba":
        raise ValueError(
            "engine='numba' trains skgru's own architecture only. With a `network` of your own, "
            "set engine='auto' or 'keras'."
        )


def _check_checkpoints(values: dict) -> None:
    """Refuse what has no state that a file can be named after."""
    if values["network"] is not None:
        raise ValueError(
            "With a `network` of your own there are no checkpoints: a function cannot be compared "
            "with one of another process. Set checkpoint_dir=None."
        )
    if values["warm_start"]:
        raise ValueError(
            "Checkpoints are of fits from new weights. Set warm_start=False or checkpoint_dir=None."
        )


def _check_tokens(values: dict) -> None:
    """Refuse what cannot be had where steps are tokens."""
    for name, refused, cure in (
        ("network", values["network"] is not None, "None; an own network embeds by itself"),
        ("embedding_units", not values["embedding_units"], "a width for the tokens' vectors"),
        ("patch_length", values["patch_length"] not in ("auto", None, 1), "'auto'"),
    ):
        if refused:
            raise ValueError(
                f"With `vocabulary_size`, the {name!r} parameter must be {cure}. "
                f"Got {values[name]!r} instead."
            )
