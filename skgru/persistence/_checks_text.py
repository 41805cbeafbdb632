"""What must hold among the values of models of text."""

from __future__ import annotations

import numpy as np

from skgru.persistence._checks_networks import check_stop_reason
from skgru.persistence._conditions import array, get, require, whole


def check_spec(spec) -> None:
    """Sizes of a language model."""
    sizes = (spec.n_tokens, spec.embedding_units, spec.units, spec.n_layers)
    require(all(whole(size, 1) for size in sizes), "the network's size")


def check_pair_spec(spec) -> None:
    """Sizes of an encoder-decoder."""
    sizes = (spec.n_source_tokens, spec.n_target_tokens, spec.embedding_units, spec.units)
    require(all(whole(size, 1) for size in (*sizes, spec.n_layers)), "the network's size")


def check_network(model) -> None:
    """All weights of the spec in one vector."""
    require(array(model.parameters, (model.spec.n_parameters,), np.float32), "model_.parameters")


def check_vocabulary(vocabulary) -> None:
    """Every token has a count and a number."""
    n_tokens = len(vocabulary.classes)
    require(vocabulary.classes.ndim == 1 and n_tokens >= 2, "the vocabulary")
    require(vocabulary.counts.shape == (n_tokens,), "the vocabulary's counts")
    require(vocabulary.counts.dtype.kind in "iu", "the vocabulary's counts")
    splitter = type(vocabulary.splitter).__name__
    require(splitter in ("Characters", "Words"), "the vocabulary's level")
    require(type(vocabulary.numbers).__name__ == "_Numbers", "the vocabulary's numbers")
    require(
        all(whole(number, 0, n_tokens - 1) for number in vocabulary.numbers.values()),
        "the vocabulary's numbers",
    )


def check_language_model(estimator) -> None:
    """The network is one for the vocabulary."""
    check_stop_reason(vars(estimator).get("stop_reason_"))
    if "model_" in vars(estimator):
        n_tokens = estimator.model_.spec.n_tokens
        require(len(get(estimator, "_vocabulary")) == n_tokens, "the vocabulary")
        require(np.shape(get(estimator, "classes_")) == (n_tokens,), "classes_")


def check_seq2seq(estimator) -> None:
    """The network is one for both vocabularies."""
    check_stop_reason(vars(estimator).get("stop_reason_"))
    if "model_" not in vars(estimator):
        return
    spec, vocabularies = estimator.model_.spec, get(estimator, "_vocabularies")
    require(type(vocabularies).__name__ == "Vocabularies", "the vocabularies")
    sides = ("source_tokens_", spec.n_source_tokens), ("target_tokens_", spec.n_target_tokens)
    for (name, n_tokens), vocabulary in zip(sides, vocabularies):
        require(len(vocabulary) == n_tokens, "the vocabularies")
        require(np.shape(get(estimator, name)) == (n_tokens,), name)
    longest = get(estimator, "_longest")
    require(isinstance(longest, list) and len(longest) == 2, "_longest")
    require(all(map(whole, longest)), "_longest")
