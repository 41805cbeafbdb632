"""Recognition while the recording goes on."""

from __future__ import annotations

import numpy as np

from skgru._blas_threads import one_thread
from skgru.gru import _embedding, _layers
from skgru.gru._step import advance
from skgru.speech import _decoding, _frames, _posteriors
from skgru.speech._model import TrainedTranscriber


class TranscriptionStream:
    """Reads a recording piece by piece and says what is new in its transcript.

    `GRUTranscriber.stream` makes one. The pieces together are the transcript that `predict` gives
    for the whole recording with ``decoder="greedy"``.

    Attributes
    ----------
    transcript : str or list
        What was recognised since the beginning.
    """

    def __init__(self, model: TrainedTranscriber):
        self._spec, self._scaling, self._alphabet = model.spec, model.scaling, model.alphabet
        self._network = _posteriors.group(model.spec, model.weights)
        self.reset()

    def reset(self) -> None:
        """Begin a new recording."""
        spec = self._spec
        self._rest = np.empty((0, spec.n_channels), np.float32)
        self._states = [np.zeros(units, np.float32) for units in spec.units]
        self._past = np.zeros((spec.context_length // 2, 1, spec.embedding_units), np.float32)
        self._last: int | None = None
        self._tokens: list = []
        self._finished = False

    @property
    def transcript(self):
        """What was recognised since the beginning: a string, or labels."""
        return self._alphabet.join(self._tokens)

    def push(self, frames):
        """Read further frames.

        Parameters
        ----------
        frames : array-like, shape (n_frames, n_channels)
            Any number of them; what does not fill a step waits for the next call.

        Returns
        -------
        str or list
            What the transcript gains.

        Raises
        ------
        ValueError
            If the frames do not match those of `fit`, or after `finish`.
        """
        if self._finished:
            raise ValueError("This recording is finished. Call reset() before the next one.")
        array = _frames.read_one(frames)
        wanted = self._spec.n_channels
        _frames.refuse_channels(array, wanted, "the frames pushed", fitted=True)
        self._rest = np.concatenate([self._rest, _frames.scale(self._scaling, array)])
        whole = len(self._rest) // self._spec.patch_length * self._spec.patch_length
        steps, self._rest = self._rest[:whole], self._rest[whole:]
        return self._advance(steps.reshape(-1, 1, self._spec.patch_width))

    def finish(self):
        """End the recording.

        Returns
        -------
        str or list
            What the transcript gains by what was still waiting.
        """
        if self._finished:
            return self._alphabet.join([])
        steps = np.empty((0, 1, self._spec.patch_width), np.float32)
        if len(self._rest):
            steps = _posteriors.cut(self._spec, self._rest)[:, np.newaxis]
        self._rest = self._rest[:0]
        gained = self._advance(steps, at_end=True)
        self._finished = True
        return gained

    def _advance(self, steps: np.ndarray, at_end: bool = False):
        """Read whole steps (S, 1, width); the tokens that they add."""
        with one_thread:
            x = self._embed(np.ascontiguousarray(steps), at_end)
            if not len(x):
                return self._gain(np.empty(0, np.intp))
            for layer, (weights,) in enumerate(self._network.layers):
                x = self._run(layer, weights, x)
            logits = np.empty((len(x), self._spec.n_outputs), np.float32)
            _layers.dense(x[:, 0], self._network.output, logits)
        path = logits.argmax(axis=1)
        blank = self._spec.n_outputs - 1
        found = _decoding.collapse(path, blank, self._last)
        self._last = int(path[-1])
        return self._gain(found)

    def _gain(self, numbers: np.ndarray):
        """Add tokens; the piece of transcript that they are."""
        new = self._alphabet.classes[numbers].tolist()
        piece = self._alphabet.join(new)
        if new and self._tokens and self._alphabet.level == "word":
            piece = f" {piece}"
        self._tokens += new
        return piece

    def _embed(self, steps: np.ndarray, at_end: bool) -> np.ndarray:
        """What the first GRU layer reads; with a context, of the steps that it has come past."""
        layers = self._network.embedding
        if not layers:
            return steps
        first = self._dense(layers[0], steps)
        if len(layers) == 1:
            return first
        length = self._spec.context_length
        before, after = length // 2, length - 1 - length // 2
        known = np.concatenate([self._past, first])
        if at_end:
            known = np.concatenate([known, np.zeros((after, *known.shape[1:]), np.float32)])
        n_ready = max(0, len(known) - before - after)
        self._past = known[n_ready:]
        if not n_ready:
            return known[:0]
        windows = np.empty((len(known), 1, length * known.shape[2]), np.float32)
        _embedding.cut_windows(known, windows)
        ready = slice(before, before + n_ready)
        return known[ready] + self._dense(layers[1], windows[ready])

    @staticmethod
    def _dense(layer: _embedding.Dense, x: np.ndarray) -> np.ndarray:
        out = np.empty((len(x), len(layer.bias)), np.float32)
        _layers.dense(x[:, 0], (layer.kernel, layer.bias), out)
        return np.maximum(out, 0)[:, np.newaxis]

    def _run(self, layer: int, weights: tuple, x: np.ndarray) -> np.ndarray:
        """One layer on from its state: (S, 1, F) -> (S, 1, H)."""
        state = self._states[layer]
        states = np.empty((len(x), 1, len(state)), np.float32)
        for step, after in zip(x, states):
            advance(step[0], *weights, state)
            after[0] = state
        return states
