"""What holds for every test."""

import os
import signal

# Read when SciPy is imported; without it scikit-learn skips its array API checks.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# A shell starts its background jobs deaf to Ctrl-C; the tests of interruption need to hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
