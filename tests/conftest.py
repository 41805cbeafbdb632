"""What holds for every test."""

import os

# Read when SciPy is imported; without it scikit-learn skips its array API checks.
os.environ.setdefault("SCIPY_ARRAY_API", "1")
