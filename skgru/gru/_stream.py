"""One series that comes step by step: the network forwards, with a memory of fixed size.

An answer is that of the series so far as if it ended here. Its last patch may still lack steps, and
a window of patches may reach past its end: what depends on later steps is computed aside and
forgotten, and the rest is read into the state once and for all.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skgru.gru import _embedding, _forward, _scaling
from skgru.gru._step import advance

if TYPE_CHECKING:
    from collections.abc import Callable

    from skgru.gru._model import GRUSpec
    from skgru.gru._scaling import Scaling


@dataclass
class Read:
    """What the GRU layers and the poolings have read.

    Attributes
    ----------
    n_patches : int
    states : list of ndarray, shape (units,)
        Of each layer.
    total, largest, weighted : ndarray, shape (n_states,)
        Sum, maximum, and sum by attention of the last layer's states.
    peak, mass : float
        Largest attention score, and the sum of the weights relative to it.
    """

    n_patches: int
    states: list[np.ndarray]
    total: np.ndarray
    largest: np.ndarray
    weighted: np.ndarray
    peak: float = -np.inf
    mass: float = 0.0

    def copy(self) -> Read:
        """One that can go on by itself."""
        states = [state.copy() for state in self.states]
        arrays = (self.total.copy(), self.largest.copy(), self.weighted.copy())
        return Read(self.n_patches, states, *arrays, self.peak, self.mass)


@dataclass
class State:
    """All that a stream remembers.

    Attributes
    ----------
    read : Read
    last : ndarray of float32, shape (n_channels,)
        The last observed value of each channel, scaled; 0 before there is one.
    n_steps : int
        Steps up to the last one with an observed channel.
    n_missing : int
        Steps since then.
    steps : list of ndarray, shape (n_channels,)
        Those from the first one of the next patch on.
    embedded : list of ndarray, shape (width,)
        Embedded patches that windows still reach.
    n_embedded : int
        Patches embedded so far.
    answer : ndarray or None
    """

    read: Read
    last: np.ndarray
    n_steps: int = 0
    n_missing: int = 0
    steps: list[np.ndarray] = field(default_factory=list)
    embedded: list[np.ndarray] = field(default_factory=list)
    n_embedded: int = 0
    answer: Any = None


class Stream:
    """A series that is read step by step; see `GRUClassifier.stream`.

    Parameters
    ----------
    spec : GRUSpec
    weights : tuple of ndarray
    scaling : Scaling
    answer : callable
        Raw outputs (1, n_outputs) -> answers, the first of which is returned.
    state : State, optional
    """

    def __init__(self, spec: GRUSpec, weights, scaling: Scaling, answer: Callable, state=None):
        self._spec, self._scaling, self._answer = spec, scaling, answer
        network = _forward.group(spec, [np.require(w, None, ["C", "A", "W"]) for w in weights])
        self._network = network._replace(embedding=tuple(map(_embedding.fold, network.embedding)))
        if state is not None:
            _refuse_other(spec, state)
        self._state = _start(spec) if state is None else deepcopy(state)

    @property
    def state(self) -> State:
        """A copy of all that is remembered, for `stream` to go on from."""
        return deepcopy(self._state)

    @property
    def n_steps(self) -> int:
        """Steps pushed so far."""
        return self._state.n_steps + self._state.n_missing

    def push(self, step):
        """Read the next step, or several, and answer.

        Parameters
        ----------
        step : array-like of shape (n_channels,) or (n_steps, n_channels)
            A number where there is one channel. NaN is missing.

        Returns
        -------
        ndarray of shape (n_outputs,), or number
            Of the series so far; None while nothing has been observed.

        Raises
        ------
        ValueError
            If the step has another shape, or holds infinity. The stream stays as it was.
        """
        steps = self._scaled(step)
        changed = False
        for x in steps:
            changed |= self._take(x)
        if changed:
            self._state.answer = self._answer_now()
        return self._state.answer

    def _scaled(self, step) -> np.ndarray:
        """Steps as the network reads them: (n_steps, n_channels)."""
        n_channels = self._spec.n_channels
        values = np.asarray(step, dtype=np.float64)
        if values.shape == () and n_channels == 1:
            values = values.reshape(1, 1)
        if values.ndim == 1:
            values = values[np.newaxis]
        if values.ndim != 2 or values.shape[1] != n_channels:
            raise ValueError(
                f"A step needs the shape ({n_channels},), several (n_steps, {n_channels}); "
                f"got {np.shape(step)}."
            )
        if np.isinf(values).any():
            raise ValueError("A step holds infinity. Clip it, or set it to NaN for missing.")
        if self._spec.n_tokens:
            n_tokens = self._spec.n_tokens
            known = (values >= 0) & (values < n_tokens) & (values == np.floor(values))
            if not known.all():
                raise ValueError(
                    f"A step must be a token, a whole number in [0, {n_tokens}); got "
                    f"{values[~known][0]:g}."
                )
        x = (values - self._scaling.center) / self._scaling.scale
        return np.clip(x, -_scaling.LARGEST, _scaling.LARGEST).astype(np.float32)

    def _take(self, x: np.ndarray) -> bool:
        """Remember one step; whether it is a part of the series yet."""
        state = self._state
        missing = np.isnan(x)
        if missing.all():
            state.n_missing += 1
            return False
        state.steps += [state.last] * state.n_missing
        state.last = np.where(missing, state.last, x)
        state.steps.append(state.last)
        state.n_steps += state.n_missing + 1
        state.n_missing = 0
        self._read_ready()
        return True

    def _read_ready(self) -> None:
        """Read all patches that no later step changes."""
        spec, state = self._spec, self._state
        behind = spec.context_length // 2
        ahead = max(spec.context_length - 1 - behind, 0)
        while len(state.steps) >= spec.patch_length:
            state.embedded.append(self._embed(state.steps[: spec.patch_length]))
            state.n_embedded += 1
            del state.steps[: spec.patch_stride]
            if state.n_embedded - state.read.n_patches > ahead:
                first = state.n_embedded - len(state.embedded)
                self._read_patch(state.read, state.embedded, first)
                del state.embedded[: max(state.read.n_patches - behind - first, 0)]

    def _answer_now(self):
        """What the network says if the series ends here."""
        spec, state = self._spec, self._state
        n_patches = int(spec.n_patches(state.n_steps))
        embedded, read = list(state.embedded), state.read.copy()
        first = state.n_embedded - len(embedded)
        if state.n_embedded < n_patches:
            lacking = spec.patch_length - len(state.steps)
            embedded.append(self._embed(state.steps + [state.last] * lacking))
        while read.n_patches < n_patches:
            self._read_patch(read, embedded, first)
        kernel, bias = self._network.output
        return self._answer((self._pool(read) @ kernel + bias)[np.newaxis])[0]

    def _embed(self, steps: list[np.ndarray]) -> np.ndarray:
        """One patch, as the first dense layer answers it."""
        patch = np.concatenate(steps) if len(steps) > 1 else steps[0]
        if not self._network.embedding:
            return patch
        first = self._network.embedding[0]
        if self._spec.n_tokens:
            return np.maximum(first.kernel[int(patch[0])] + first.bias, np.float32(0))
        return _relu(patch, first)

    def _read_patch(self, read: Read, embedded: list[np.ndarray], first: int) -> None:
        """Let the GRU layers and poolings read the next of the patches, `first` and after."""
        place = read.n_patches - first
        x = embedded[place]
        if self._spec.context_length:
            start = place - self._spec.context_length // 2
            zeros = np.zeros_like(x)
            window = [
                embedded[i] if 0 <= i < len(embedded) else zeros
                for i in range(start, start + self._spec.context_length)
            ]
            x = x + _relu(np.concatenate(window), self._network.embedding[1])
        for state, (weights,) in zip(read.states, self._network.layers):
            advance(x, *weights, state)
            x = state
        read.n_patches += 1
        self._gather(read, x)

    def _gather(self, read: Read, state: np.ndarray) -> None:
        """Take one more state into the poolings."""
        if "mean" in self._spec.pooling:
            read.total += state
        if "max" in self._spec.pooling:
            np.maximum(read.largest, state, out=read.largest)
        if "attention" in self._spec.pooling:
            score = float(state @ self._network.attention)
            peak = max(read.peak, score)
            shrink, weight = np.exp(read.peak - peak), np.exp(score - peak)
            read.weighted *= shrink
            read.weighted += weight * state
            read.mass, read.peak = read.mass * shrink + weight, peak

    def _pool(self, read: Read) -> np.ndarray:
        """What the output layer reads: (n_features,)."""
        pooled = {
            "last": lambda: read.states[-1],
            "mean": lambda: read.total / read.n_patches,
            "max": lambda: read.largest,
            "attention": lambda: read.weighted / read.mass,
        }
        parts = [pooled[name]() for name in self._spec.pooling]
        return np.concatenate(parts, dtype=np.float32)


def _relu(x: np.ndarray, layer: _embedding.Dense) -> np.ndarray:
    return np.maximum(x @ layer.kernel + layer.bias, np.float32(0))


def _start(spec: GRUSpec) -> State:
    """Before the first step."""
    states = [np.zeros(units, np.float32) for units in spec.units]
    total, weighted = np.zeros(spec.n_states), np.zeros(spec.n_states)
    largest = np.full(spec.n_states, -np.inf, np.float32)
    return State(Read(0, states, total, largest, weighted), np.zeros(spec.n_channels, np.float32))


def _refuse_other(spec: GRUSpec, state) -> None:
    """A state of another network would be read past its end."""
    known = isinstance(state, State) and len(state.last) == spec.n_channels
    if not known or [len(s) for s in state.read.states] != list(spec.units):
        raise ValueError("The state is none of a stream of this network. Begin with stream().")
