"""What tests of the CPU engine share: a slow twin of the network, in NumPy and float64."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from skgru.gru._model import BATCH_NORM_EPSILON, GRUSpec, TrainingSet


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@dataclass
class Masks:
    """Dropout of one row; None stands for none."""

    embedding: np.ndarray | None = None
    inputs: dict = field(default_factory=dict)  # layer -> mask
    states: dict = field(default_factory=dict)  # (layer, direction) -> mask
    pooled: np.ndarray | None = None


def scaled(x, mask):
    return x if mask is None else x * mask


def read(x, weights, mask=None):
    """States after each step of x (S, F), one direction: section 1 of the notes on the GRU."""
    W, U, b = weights
    n_units = len(U)
    s, states = np.zeros(n_units), []
    for x_t in x:
        a_z, a_r, a_h = np.split(x_t @ W + b[0], 3)
        m_z, m_r, m_h = np.split(scaled(s, mask) @ U + b[1], 3)
        z, r = sigmoid(a_z + m_z), sigmoid(a_r + m_r)
        c = np.tanh(a_h + r * m_h)
        s = c + z * (s - c)
        states.append(s)
    return np.array(states)


def pool(name, spec, states, attention):
    """States (S, D) of a row -> (D,)."""
    if name == "last":
        n_units = spec.units[-1]
        return np.concatenate([states[-1, :n_units], states[0, n_units:]])
    if name == "mean":
        return states.mean(axis=0)
    if name == "max":
        return states.max(axis=0)
    shares = np.exp(states @ attention[:, 0])
    return shares @ states / shares.sum()


def name_weights(spec, weights):
    return {w.name: np.asarray(a, float) for w, a in zip(spec.weight_shapes(), weights)}


def cut(spec, values, n_steps):
    """Patches (S, p F) of one row."""
    starts = spec.patch_stride * np.arange(n_steps)
    return np.array([values[i : i + spec.patch_length].ravel() for i in starts], float)


def window(x, length):
    """Windows (S, length E) of one row."""
    around = np.pad(x, ((length // 2, length), (0, 0)))
    return np.array([around[t : t + length].ravel() for t in range(len(x))])


def dense_layer(name, named, rows, training):
    """Dense, norm and relu of a list of rows (S_i, F), and the moments of what is normalised."""
    if f"{name}/table" in named:
        rows = [named[f"{name}/table"][x[:, 0].astype(int)] for x in rows]
    else:
        rows = [x @ named[f"{name}/kernel"] + named[f"{name}/bias"] for x in rows]
    moments = None
    if f"{name}/gamma" in named:
        together = np.concatenate(rows)
        moments = together.mean(axis=0), together.var(axis=0)
        own = moments if training else (named[f"{name}/mean"], named[f"{name}/variance"])
        scale = named[f"{name}/gamma"] / np.sqrt(own[1] + BATCH_NORM_EPSILON)
        rows = [(x - own[0]) * scale + named[f"{name}/beta"] for x in rows]
    return [np.maximum(x, 0) for x in rows], moments


def embed(spec, named, rows, training):
    """Embedded patches of all rows, and the moments of each dense layer."""
    if not spec.embedding_units:
        return rows, {}
    moments = {}
    rows, moments["embedding"] = dense_layer("embedding", named, rows, training)
    if spec.context_length:
        windows = [window(x, spec.context_length) for x in rows]
        others, moments["context"] = dense_layer("context", named, windows, training)
        rows = [a + b for a, b in zip(rows, others)]
    return rows, moments


def forward_row(spec, named, x, masks):
    """Features (n_features,) and outputs (n_outputs,) of one row of embedded patches (S, E)."""
    if spec.embedding_units:
        x = scaled(x, masks.embedding)
    for layer in range(len(spec.units)):
        x = scaled(x, masks.inputs.get(layer))
        states = []
        for k, direction in enumerate(("forward", "backward")[: spec.n_directions]):
            name = f"gru_{layer}/{direction}"
            own = [named[f"{name}/{w}"] for w in ("kernel", "recurrent_kernel", "bias")]
            mask = masks.states.get((layer, k))
            states.append(read(x[::-1], own, mask)[::-1] if k else read(x, own, mask))
        x = np.concatenate(states, axis=1)
    pooled = [pool(name, spec, x, named.get("attention/kernel")) for name in spec.pooling]
    features = np.concatenate(pooled)
    answer = scaled(features, masks.pooled) @ named["output/kernel"] + named["output/bias"]
    return features, answer


def forward(spec, weights, values, n_steps, masks=None, training=False):
    """Features and outputs of every row."""
    named = name_weights(spec, weights)
    rows, _ = embed(spec, named, [cut(spec, v, n) for v, n in zip(values, n_steps)], training)
    masks = masks or [Masks()] * len(rows)
    rows = [forward_row(spec, named, x, mask) for x, mask in zip(rows, masks)]
    return tuple(map(np.array, zip(*rows)))


def batch_moments(spec, weights, values, n_steps):
    """Mean and variance of what each dense layer normalises, by its name."""
    rows = [cut(spec, v, n) for v, n in zip(values, n_steps)]
    return embed(spec, name_weights(spec, weights), rows, True)[1]


def loss_row(spec, outputs, target, label_smoothing=0.0):
    if spec.loss == "squared_error":
        return np.mean((outputs - target) ** 2)
    wanted = np.full(len(outputs), label_smoothing / len(outputs))
    wanted[target] += 1 - label_smoothing
    return wanted @ (np.log(np.exp(outputs).sum()) - outputs)


def weights_of(spec, rng, scale=0.5):
    """Random weights, none of them zero."""
    weights = []
    for w in spec.weight_shapes():
        drawn = rng.normal(0, scale, w.shape).astype(np.float32)
        weights.append(0.5 + abs(drawn) if w.name.endswith("variance") else drawn)
    return tuple(weights)


def series_of(spec, rng, lengths):
    """Values (n, T, F) padded as in `TrainingSet`, and numbers of patches."""
    lengths = np.asarray(lengths)
    padded = spec.padded_length(int(lengths.max()))
    values = rng.normal(size=(len(lengths), padded, spec.n_channels)).astype(np.float32)
    if spec.n_tokens:
        values = rng.integers(spec.n_tokens, size=values.shape).astype(np.float32)
    for row, length in zip(values, lengths):
        row[length:] = row[length - 1]
    return values, spec.n_patches(lengths).astype(np.int32)


def data_of(spec, rng, lengths, weighted=True):
    """A training set of random series and targets."""
    values, n_steps = series_of(spec, rng, lengths)
    n = len(lengths)
    if spec.loss == "squared_error":
        targets = rng.normal(size=(n, spec.n_outputs)).astype(np.float32)
    else:
        targets = rng.integers(spec.n_outputs, size=n).astype(np.int32)
    weights = rng.uniform(0.5, 1.5, n) if weighted else np.ones(n)
    return TrainingSet(values, n_steps, targets, (weights / weights.mean()).astype(np.float32))


ALL_POOLINGS = ("last", "mean", "max", "attention")

# Every option alone and the options that meet.
SPECS = {
    "plain": GRUSpec(2, 3, (4,)),
    "one channel": GRUSpec(1, 2, (5,)),
    "wide": GRUSpec(3, 2, (17,), pooling=("max",)),
    "stacked": GRUSpec(2, 3, (4, 3, 2)),
    "bidirectional": GRUSpec(2, 3, (3,), bidirectional=True),
    "mean": GRUSpec(2, 3, (4,), pooling=("mean",)),
    "max": GRUSpec(2, 3, (4,), pooling=("max",)),
    "attention": GRUSpec(2, 3, (4,), pooling=("attention",)),
    "patches": GRUSpec(2, 3, (4,), patch_length=3, patch_stride=2),
    "embedding": GRUSpec(2, 3, (4,), patch_length=2, patch_stride=1, embedding_units=5),
    "norm": GRUSpec(2, 3, (4,), patch_length=2, embedding_units=5, batch_norm=True),
    "context": GRUSpec(2, 3, (4,), embedding_units=5, context_length=3),
    "context, norm": GRUSpec(
        2, 3, (3,), True, embedding_units=3, context_length=2, batch_norm=True
    ),
    "tokens": GRUSpec(1, 3, (4,), embedding_units=5, n_tokens=7),
    "tokens, norm": GRUSpec(
        1, 3, (3,), True, embedding_units=4, context_length=3, batch_norm=True, n_tokens=7
    ),
    "regression": GRUSpec(2, 3, (4,), loss="squared_error"),
    "all": GRUSpec(2, 3, (3, 2), True, ALL_POOLINGS, 3, 2, 4),
    "all, regression": GRUSpec(
        *(1, 1, (2, 3), True, ALL_POOLINGS[::-1], 2, 2, 3), loss="squared_error"
    ),
    "all, norm": GRUSpec(
        *(2, 3, (3, 2), True, ALL_POOLINGS, 3, 2, 4), context_length=3, batch_norm=True
    ),
}


@pytest.fixture(params=SPECS.values(), ids=SPECS)
def spec(request):
    """Each architecture in turn."""
    return request.param


@pytest.fixture
def twin():
    """The slow twin and what draws data for it, as attributes."""
    return SimpleNamespace(
        forward=forward,
        batch_moments=batch_moments,
        loss_row=loss_row,
        Masks=Masks,
        weights_of=weights_of,
        series_of=series_of,
        data_of=data_of,
        SPECS=SPECS,
    )
