"""The GRU engine: estimators on top, records and kernels below."""
