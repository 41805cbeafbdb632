"""What `sample_keras.py` does, with skgru: the same network, trained in the same way."""

import numpy as np

from skgru import GRUClassifier

rng = np.random.default_rng(0)
X = rng.uniform(size=(1000, 20)).astype("float32")
y = X.sum(axis=1) > 10

model = GRUClassifier(
    32,
    bidirectional=False,
    pooling="last",
    patch_length=None,
    patch_stride=None,
    embedding_units=None,
    dropout=0,
    weight_decay=0,
    clipnorm=None,
    label_smoothing=0,
    augmentation=None,
    schedule="constant",
    learning_rate=1e-3,
    epochs=10,
    batch_size=32,
    random_state=0,
)
model.fit(X[:800], y[:800])
print(f"accuracy {model.score(X[800:], y[800:]):.3f}")
