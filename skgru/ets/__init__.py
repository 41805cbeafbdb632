"""The exponential-smoothing engine; its public name is `skgru.ETSForecaster`."""
