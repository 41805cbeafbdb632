"""Where a decoder looks: shares of the source's places, as `Luong et al. 2015` ("general").

A share is the softmax, over a source's own places, of the product of query and key, divided by the
root of their width (Vaswani et al. 2017). B sources of S places, T queries each.
"""

from __future__ import annotations

import math

import numpy as np


def attend(queries, keys, memory, lengths) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the places, and what is read there.

    Shapes: queries (B, T, H), keys (B, S, H), memory (B, S, M), lengths (B,)
    -> (B, T, S), (B, T, M).
    """
    scores = queries @ keys.transpose(0, 2, 1)
    scores *= np.float32(1 / math.sqrt(queries.shape[2]))
    behind = np.arange(keys.shape[1]) >= lengths[:, None]
    if behind.any():
        scores += np.where(behind, np.float32(-np.inf), np.float32(0))[:, None]
    scores -= scores.max(axis=2, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=2, keepdims=True)
    return scores, scores @ memory


def attend_back(queries, keys, memory, shares, d_contexts) -> tuple[np.ndarray, ...]:
    """Gradients of queries, keys and memory from those of what was read (B, T, M)."""
    d_shares = d_contexts @ memory.transpose(0, 2, 1)
    d_memory = shares.transpose(0, 2, 1) @ d_contexts
    d_shares -= (d_shares * shares).sum(axis=2, keepdims=True)
    d_shares *= shares
    d_shares *= np.float32(1 / math.sqrt(queries.shape[2]))
    return d_shares @ keys, d_shares.transpose(0, 2, 1) @ queries, d_memory
