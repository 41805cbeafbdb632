"""The networks of `Task` as users of PyTorch and of Keras write them.

Importing this file imports neither; each function is for a process of its own.
"""

from __future__ import annotations

import os


def n_threads() -> int:
    """Threads that this process may use, see `_rounds.hold`."""
    return int(os.environ["OMP_NUM_THREADS"])


def import_torch():
    """PyTorch, held to the threads allowed."""
    import torch

    torch.set_num_threads(n_threads())
    return torch


def import_keras():
    """Keras on TensorFlow, held to the threads allowed."""
    import keras
    import tensorflow as tf

    assert keras.backend.backend() == "tensorflow"
    tf.config.threading.set_intra_op_parallelism_threads(n_threads())
    tf.config.threading.set_inter_op_parallelism_threads(n_threads())
    return keras


def torch_network(task):
    """nn.GRU, pooling and a linear layer: (B, S, width) -> logit (B,)."""
    torch = import_torch()

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.gru = torch.nn.GRU(
                task.patch_width, task.units, batch_first=True, bidirectional=task.bidirectional
            )
            self.output = torch.nn.Linear(task.units * task.n_directions, 1)

        def forward(self, x):
            states, last = self.gru(x)
            pooled = states.amax(1) if task.pooling == "max" else torch.cat(tuple(last), 1)
            return self.output(pooled)[:, 0]

    return Network()


def torch_fit(task, X, y):
    """A function of a seed that trains on X (n, T, F), y bool, and returns the network."""
    torch = import_torch()
    over = task.padded_length - task.n_timesteps
    X, y = torch.from_numpy(X), torch.from_numpy(y).float()

    def fit(seed):
        torch.manual_seed(seed)
        inputs = torch.cat([X, X[:, -1:].expand(-1, over, -1)], 1) if over else X
        if task.patch_length > 1:
            windows = inputs.unfold(1, task.patch_length, task.patch_stride)
            inputs = windows.transpose(2, 3).reshape(len(X), task.n_patches, task.patch_width)
        network = torch_network(task)
        optimizer = torch.optim.Adam(network.parameters(), lr=task.learning_rate, fused=True)
        loss_of = torch.nn.BCEWithLogitsLoss()
        for _ in range(task.epochs):
            for rows in torch.randperm(len(X)).split(task.batch_size):
                optimizer.zero_grad()
                loss_of(network(inputs[rows]), y[rows]).backward()
                optimizer.step()
        return network, inputs

    return fit


def torch_weights(network, weights) -> None:
    """Give `network`, of one GRU output more than a logit, the weights of a fitted skgru.

    PyTorch keeps gates in the order r, z, n and matrices transposed; two logits become one.
    """
    torch = import_torch()
    import numpy as np

    kernel, recurrent, bias, output, shift = weights

    def gates(a):
        z, r, h = np.split(a, 3, axis=-1)
        return torch.from_numpy(np.ascontiguousarray(np.concatenate([r, z, h], -1).T))

    network.load_state_dict(
        {
            "gru.weight_ih_l0": gates(kernel),
            "gru.weight_hh_l0": gates(recurrent),
            "gru.bias_ih_l0": gates(bias[0]),
            "gru.bias_hh_l0": gates(bias[1]),
            "output.weight": torch.from_numpy(output[:, 1] - output[:, 0])[None],
            "output.bias": torch.from_numpy(shift[1:] - shift[:1]),
        }
    )


def keras_network(units: int, learning_rate: float, shape=(20, 1)):
    """The original sample: GRU, one sigmoid, Adam."""
    keras = import_keras()
    model = keras.Sequential(
        [
            keras.layers.Input(shape),
            keras.layers.GRU(units),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model


def keras_weights(model, weights) -> None:
    """Give `model` the weights of a fitted skgru; two logits become one."""
    kernel, recurrent, bias, output, shift = weights
    output, shift = output[:, 1:] - output[:, :1], shift[1:] - shift[:1]
    model.set_weights([kernel, recurrent, bias, output, shift])
