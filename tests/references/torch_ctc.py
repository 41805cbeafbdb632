"""What PyTorch's ctc_loss and its gradient are on a few batches.

    pip install torch==2.13.0
    python tests/references/torch_ctc.py > tests/references/torch_ctc.json

The blank is the last output. Losses are in double precision, one a row; gradients are of their sum,
with respect to the logits.
"""

import json
import sys

import numpy as np
import torch

CASES = [
    {"n_outputs": 4, "n_steps": [9, 7, 5], "transcripts": [[0, 1, 2], [1, 1, 0], []]},
    {"n_outputs": 3, "n_steps": [12, 12], "transcripts": [[0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 1]]},
    {"n_outputs": 11, "n_steps": [30, 1], "transcripts": [[3, 1, 4, 1, 5, 9, 2, 6], [7]]},
]


def case(n_outputs, n_steps, transcripts, seed):
    """One batch."""
    rng = np.random.default_rng(seed)
    logits = np.round(2 * rng.standard_normal((max(n_steps), len(n_steps), n_outputs)), 2)
    given = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    losses = torch.nn.functional.ctc_loss(
        given.log_softmax(2),
        torch.tensor([token for transcript in transcripts for token in transcript]),
        torch.tensor(n_steps),
        torch.tensor([len(transcript) for transcript in transcripts]),
        blank=n_outputs - 1,
        reduction="none",
    )
    losses.sum().backward()
    return {
        "logits": logits.tolist(),
        "n_steps": n_steps,
        "transcripts": transcripts,
        "losses": losses.tolist(),
        "gradient": np.round(given.grad.numpy(), 9).tolist(),
    }


cases = [case(**settings, seed=i) for i, settings in enumerate(CASES)]
json.dump({"torch": torch.__version__.split("+")[0], "cases": cases}, sys.stdout)
