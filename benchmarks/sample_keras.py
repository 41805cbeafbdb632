"""The original sample, as a program: does a sequence of 20 numbers sum to more than 10."""

import keras
import numpy as np

rng = np.random.default_rng(0)
X = rng.uniform(size=(1000, 20)).astype("float32")
y = X.sum(axis=1) > 10

model = keras.Sequential([keras.layers.GRU(32), keras.layers.Dense(1, activation="sigmoid")])
model.compile(
    optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=["accuracy"]
)
X = X[:, :, np.newaxis]
model.fit(X[:800], y[:800].astype("float32"), epochs=10, batch_size=32, verbose=0)
_, accuracy = model.evaluate(X[800:], y[800:].astype("float32"), verbose=0)
print(f"accuracy {accuracy:.3f}")
