"""
LSTM and RNN beside the GRU
===========================

`GRUClassifier` takes any Keras architecture as `network`; labels, validation, early stopping and
grid searches stay as they are. So an LSTM and a simple recurrent network can be tried in place of
the GRU, on the same data, by the change of one parameter.
"""

# %%
# Three networks
# --------------
# A function returns the layers before the output. It is called with the shape of the data.

import matplotlib.pyplot as plt
import numpy as np
from sktime.datasets import load_italy_power_demand

from skgru import GRUClassifier


def lstm(n_timesteps, n_channels):
    import keras

    return keras.Sequential([keras.layers.LSTM(64)])


def rnn(n_timesteps, n_channels):
    import keras

    return keras.Sequential([keras.layers.SimpleRNN(64)])


def gru(n_timesteps, n_channels):
    import keras

    return keras.Sequential([keras.layers.GRU(64)])


# %%
# Winter or summer?
# -----------------
# Power demand of a day in Italy, hour by hour: 67 days to learn from, 1,029 to judge by. Each
# network is trained three times from different first weights, with the same recipe.

X_train, y_train = load_italy_power_demand("train", return_type="numpyflat")
X_test, y_test = load_italy_power_demand("test", return_type="numpyflat")

networks = {
    "skgru's GRU": None,
    "Keras GRU": gru,
    "Keras LSTM": lstm,
    "Keras RNN": rnn,
}
scores = {
    name: [
        GRUClassifier(network=network, random_state=seed)
        .fit(X_train, y_train)
        .score(X_test, y_test)
        for seed in range(3)
    ]
    for name, network in networks.items()
}
for name, found in scores.items():
    print(f"{name:12} accuracy {np.mean(found):.3f}")

# %%
# About a hundredth lies between them: so short a series needs no long memory, and the simplest cell
# does as well as any.

figure, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
for place, (name, found) in enumerate(scores.items()):
    colour = "C0" if networks[name] else "C3"
    ax.plot(found, [place] * 3, "o", color=colour, alpha=0.6, markersize=8, markeredgewidth=0)
    ax.plot(np.mean(found), place, "|", color=colour, markersize=22, markeredgewidth=2)
ax.set(yticks=range(len(scores)), yticklabels=scores, ylim=(3.6, -0.6), xlim=(0.92, 0.98))
ax.set(xlabel="accuracy; a stroke is the mean of three")
ax.spines[["top", "right"]].set_visible(False)
