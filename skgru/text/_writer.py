"""Text from a trained model, piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from skgru.text import _generation, _reading
from skgru.text._tokens import END, Vocabulary

# Tokens of the text so far that decide how the next ones are joined to it.
_CONTEXT = 16


class Writer:
    """Continues texts.

    Parameters
    ----------
    model : TrainedLanguageModel
    vocabulary : Vocabulary
    """

    def __init__(self, model, vocabulary: Vocabulary):
        self._model = model
        self._vocabulary = vocabulary

    def write(
        self,
        prefix: str,
        n: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        stop: str | Iterable[str] | None = None,
        random_state: np.random.RandomState,
    ) -> Iterator[str]:
        """Pieces of what follows on `prefix`, see `GRULanguageModel.generate`."""
        stops = _read_stops(stop)
        n_tokens = len(self._vocabulary)
        # The end of a single text says nothing about where texts end.
        never = [END] if self._vocabulary.counts[END] < 2 else []
        choice = _generation.Choice(
            float(temperature),
            min(top_k or n_tokens, n_tokens),
            float(top_p or 1),
            _generation.forbid(n_tokens, *never),
        )
        return _halt(self._pieces(prefix, n, choice, random_state), stops)

    def _pieces(self, prefix: str, n: int, choice, random_state) -> Iterator[str]:
        numbers = self._vocabulary.encode(prefix)
        spec, weights = self._model.spec, self._model.weights
        states = _reading.read(spec, weights, [numbers]).states[0]
        decode = self._vocabulary.decode
        context, waiting = numbers[-_CONTEXT:].tolist(), []
        for block in _generation.continue_from(spec, weights, states, choice, n, random_state):
            ended = (block == END).any()
            waiting += block[: block.argmin()].tolist() if ended else block.tolist()
            before, after = decode(context), decode(context + waiting)
            # A tokenizer of bytes may be in the middle of a character.
            if after.endswith("\ufffd") and not ended:
                continue
            if piece := after[len(before) :]:
                yield piece
            context, waiting = (context + waiting)[-_CONTEXT:], []
            if ended:
                return
        if waiting:
            yield decode(context + waiting)[len(decode(context)) :]


def _read_stops(stop) -> list[str]:
    stops = [stop] if isinstance(stop, str) else list(stop or [])
    for text in stops:
        if not isinstance(text, str) or not text:
            raise ValueError(
                f"`stop` must be a string that is not empty, or several. Got {stop!r}."
            )
    return stops


def _halt(pieces: Iterator[str], stops: list[str]) -> Iterator[str]:
    """The pieces up to the first stop; what may be the beginning of one is held back."""
    held, longest = "", max(map(len, stops), default=1)
    for piece in pieces:
        held += piece
        found = [place for text in stops if (place := held.find(text)) >= 0]
        if found:
            held = held[: min(found)]
            break
        ready = len(held) - longest + 1
        if ready > 0:
            yield held[:ready]
            held = held[ready:]
    if held:
        yield held
