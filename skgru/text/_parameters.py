"""Which constructor values are allowed, in words and in code."""

from __future__ import annotations

from skgru.gru import _parameters
from skgru.gru._parameters import FLAG, NOT_NEGATIVE, POSITIVE, RATE, Rule

_whole, _one_of, _either = _parameters._whole, _parameters._one_of, _parameters._either

RULES: dict[str, Rule] = {
    "units": _whole(1),
    "n_layers": _whole(1),
    "embedding_dim": _either(_whole(1), _one_of("auto")),
    "tied": _one_of("auto", True, False),
    "max_vocabulary": _either(_whole(1), _one_of(None)),
    "dropout": RATE,
    "recurrent_dropout": RATE,
    "epochs": _either(_whole(1), _one_of("auto")),
    "batch_size": _either(_whole(1), _one_of("auto")),
    "sequence_length": _whole(1),
    "learning_rate": POSITIVE,
    "clipnorm": _either(POSITIVE, _one_of(None)),
    "verbose": _either(_whole(0), FLAG),
    # Of methods.
    "n": _whole(0),
    "k": _whole(1),
    "temperature": NOT_NEGATIVE,
    "top_k": _either(_whole(1), _one_of(None)),
    "top_p": _either(
        _parameters._number(0, 1, open_low=True),
        _one_of(None),
    ),
}


def check(owner: str, **values) -> None:
    """Refuse a value that breaks the rule of its name."""
    for name, value in values.items():
        words, holds = RULES[name]
        if not holds(value):
            raise ValueError(
                f"The {name!r} parameter of {owner} must be {words}. Got {value!r} instead."
            )
