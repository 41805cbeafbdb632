"""Which constructor values are allowed, in words and in code."""

from __future__ import annotations

from skgru.gru import _parameters
from skgru.gru._parameters import (
    LONG_FIT_RULES,
    NOT_NEGATIVE,
    RATE,
    Rule,
    either,
    number,
    one_of,
    whole,
)

# How a network becomes smaller.
LESS = "lower units, n_layers, embedding_units, context_length or the frames of a step"

RULES: dict[str, Rule] = {
    **LONG_FIT_RULES,
    **{
        name: _parameters.RULES[name]
        for name in (
            *("bidirectional", "context_length", "batch_norm", "dropout", "recurrent_dropout"),
            *("weight_decay", "clipnorm", "learning_rate", "early_stopping"),
            *("validation_fraction", "n_iter_no_change", "tol", "verbose"),
        )
    },
    "units": whole(1),
    "n_layers": whole(1),
    "frame_stacking": whole(1),
    "embedding_units": either(whole(1), one_of(None)),
    "augmentation": one_of("mask", None),
    "level": one_of("char", "word", None),
    "decoder": one_of("greedy", "beam"),
    "beam_width": whole(1),
    "language_model": (
        "None or an object with classes_ and predict_proba",
        lambda v: v is None or callable(getattr(v, "predict_proba", None)),
    ),
    "language_model_weight": NOT_NEGATIVE,
    "length_bonus": number(-100, 100),
    "epochs": either(whole(1), one_of("auto")),
    "batch_size": whole(1),
    "warm_up": RATE,
}


def check(estimator) -> None:
    """Refuse a constructor value that breaks its rule, or one that contradicts another."""
    values = _parameters.apply(RULES, estimator)
    if values["language_model"] is not None and values["decoder"] != "beam":
        raise ValueError(
            "A language model takes part in a beam search only. Set decoder='beam', or "
            "language_model=None."
        )
