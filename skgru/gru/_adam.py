"""One step of AdamW on a vector of all weights, on the CPU."""

from __future__ import annotations

import math

import numpy as np

from skgru.gru._jit import double, jit, nothing, vector

_ONE = np.float32(1)


def step(
    parameters, gradient, first, second, decay, rate, count, clipnorm, beta_1, beta_2, epsilon
):
    """Update `parameters` and the moments in place; see `OptimizerSettings` for the formula.

    `decay` holds the weight decay of each parameter, `count` is 1 at the first step.
    """
    stride = rate * math.sqrt(1 - beta_2**count) / (1 - beta_1**count)
    scalars = rate, stride, clipnorm, 1 - beta_1, 1 - beta_2, epsilon
    _step(parameters, gradient, first, second, decay, *map(float, scalars))


@jit(nothing(*5 * (vector,), *6 * (double,)))
def _step(
    parameters, gradient, first, second, decay, rate, stride, clipnorm, rest_1, rest_2, epsilon
):
    scale = 1.0
    if clipnorm > 0:
        total = 0.0
        for i in range(len(gradient)):
            total += np.float64(gradient[i]) * np.float64(gradient[i])
        norm = math.sqrt(total)
        if norm > clipnorm:
            scale = clipnorm / norm
    scale, stride, rate = np.float32(scale), np.float32(stride), np.float32(rate)
    rest_1, rest_2, epsilon = np.float32(rest_1), np.float32(rest_2), np.float32(epsilon)
    for i in range(len(gradient)):
        g = gradient[i] * scale
        m = first[i] + (g - first[i]) * rest_1
        v = second[i] + (g * g - second[i]) * rest_2
        first[i] = m
        second[i] = v
        kept = parameters[i] * (_ONE - rate * decay[i])
        parameters[i] = kept - stride * m / (np.sqrt(v) + epsilon)
