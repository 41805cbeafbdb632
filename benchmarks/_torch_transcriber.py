"""The network of `GRUTranscriber`'s defaults, trained in PyTorch with nothing left out."""

from __future__ import annotations

import numpy as np
import torch

from skgru.gru import _batches
from skgru.speech import _masking
from skgru.speech._frames import Frames

STACK, UNITS, EMBEDDING, CONTEXT, RATE = 3, 96, 96, 5, 4e-3


class Network(torch.nn.Module):
    """Stacked frames -> embedding -> context -> GRU -> log-probabilities."""

    def __init__(self, n_channels, n_outputs):
        super().__init__()
        self.embed = torch.nn.Conv1d(STACK * n_channels, EMBEDDING, 1)
        self.context = torch.nn.Conv1d(EMBEDDING, EMBEDDING, CONTEXT, padding=CONTEXT // 2)
        self.norms = torch.nn.ModuleList(torch.nn.BatchNorm1d(EMBEDDING) for _ in "ec")
        self.gru = torch.nn.GRU(EMBEDDING, UNITS, bidirectional=True)
        self.output = torch.nn.Linear(2 * UNITS, n_outputs)

    def forward(self, steps, lengths):
        """(B, C, S) -> (S, B, K)."""
        a = torch.relu(self.norms[0](self.embed(steps)))
        a = (a + torch.relu(self.norms[1](self.context(a)))).permute(2, 0, 1)
        if self.training:
            a = a * torch.bernoulli(torch.full_like(a[:1], 0.8)) / 0.8
        packed = torch.nn.utils.rnn.pack_padded_sequence(a, lengths, enforce_sorted=False)
        states, _ = torch.nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0])
        if self.training:
            states = states * torch.bernoulli(torch.full_like(states[:1], 0.8)) / 0.8
        return self.output(states).log_softmax(2)


def _pad(recordings):
    """Stacked and padded: (B, C, S), (B,)."""
    lengths = [-(-len(frames) // STACK) for frames in recordings]
    n_channels = recordings[0].shape[1]
    steps = np.zeros((len(recordings), max(lengths), STACK * n_channels), np.float32)
    for row, frames, n in zip(steps, recordings, lengths):
        filled = np.concatenate([frames, np.repeat(frames[-1:], n * STACK - len(frames), axis=0)])
        row[:n] = filled.reshape(n, -1)
    return torch.from_numpy(steps).transpose(1, 2), torch.tensor(lengths)


def fit(X, y, epochs, batch_size=16):
    """Train; what `predict` takes."""
    values = np.concatenate(X)
    mean, std = values.mean(axis=0), values.std(axis=0)
    bounds = np.concatenate([[0], np.cumsum([len(frames) for frames in X])])
    frames = Frames(((values - mean) / std).astype(np.float32), bounds)
    out, n_steps = np.empty_like(frames.values), -(-np.diff(bounds) // STACK)
    network, rng = Network(values.shape[1], 11), np.random.default_rng(0)
    counts = np.bincount([int(c) for text in y for c in text], minlength=11) + 0.5
    counts[10] += n_steps.sum() - sum(map(len, y))
    with torch.no_grad():  # as skgru begins
        network.output.bias[:] = torch.from_numpy(np.log(counts / counts.sum()))
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.01)
    n_updates = epochs * _batches.count(len(X), batch_size)

    def rate(update):
        rise = min(1, (update + 1) / (0.05 * n_updates))
        return rise * 0.5 * (1 + np.cos(np.pi * update / n_updates))

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    loss = torch.nn.CTCLoss(blank=10, reduction="none")
    for _ in range(epochs):
        _masking.hide(frames, rng, out)
        for rows in _batches.plan(rng, n_steps, batch_size):
            rows = rows[rows >= 0]
            steps, lengths = _pad([out[bounds[i] : bounds[i + 1]] for i in rows])
            labels = [torch.tensor([int(c) for c in y[i]]) for i in rows]
            sizes = torch.tensor([len(label) for label in labels])
            optimizer.zero_grad()
            loss(network(steps, lengths), torch.cat(labels), lengths, sizes).mean().backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
    return network.eval(), mean, std


def predict(model, X):
    """Digits of the likeliest paths."""
    network, mean, std = model
    found = []
    with torch.no_grad():
        for frames in X:
            path = network(*_pad([(frames - mean) / std]))[:, 0].argmax(1).numpy()
            kept = path[(path != np.append(10, path[:-1])) & (path != 10)]
            found.append("".join(map(str, kept)))
    return found
