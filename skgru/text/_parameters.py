"""Which constructor values are allowed, in words and in code."""

from __future__ import annotations

from skgru.gru._parameters import (
    FLAG,
    LONG_FIT_RULES,
    NOT_NEGATIVE,
    POSITIVE,
    RATE,
    Rule,
    either,
    number,
    one_of,
    require,
    whole,
)

RULES: dict[str, Rule] = {
    **LONG_FIT_RULES,
    "units": whole(1),
    "n_layers": whole(1),
    "embedding_units": either(whole(1), one_of("auto")),
    "tied": one_of("auto", True, False),
    "max_vocabulary": either(whole(1), one_of(None)),
    "min_df": whole(1),
    "max_length": either(whole(1), one_of(None)),
    "lowercase": FLAG,
    "dropout": RATE,
    "recurrent_dropout": RATE,
    "epochs": either(whole(1), one_of("auto")),
    "batch_size": either(whole(1), one_of("auto")),
    "sequence_length": whole(1),
    "learning_rate": POSITIVE,
    "clipnorm": either(POSITIVE, one_of(None)),
    "verbose": either(whole(0), FLAG),
    # Of methods.
    "n": whole(0),
    "k": whole(1),
    "temperature": NOT_NEGATIVE,
    "top_k": either(whole(1), one_of(None)),
    "top_p": either(
        number(0, 1, open_low=True),
        one_of(None),
    ),
}


# Of pairs of texts, where the length is that of what is written.
SEQ2SEQ_RULES: dict[str, Rule] = {
    **RULES,
    "attention": FLAG,
    "beam_width": whole(1),
    "length_penalty": NOT_NEGATIVE,
    "max_length": either(whole(0), one_of("auto")),
    "label_smoothing": RATE,
    "early_stopping": FLAG,
    "validation_fraction": number(0, 1, open_low=True, open_high=True),
    "n_iter_no_change": whole(1),
}


def check(owner: str, rules: dict[str, Rule] = RULES, **values) -> None:
    """Refuse a value that breaks the rule of its name."""
    require(owner, {name: rules[name] for name in values}, values)
