"""Where an estimator comes from and what it needs, in the words of sktime's tags."""

ORIGIN = {
    "authors": ["The skgru developers"],
    "maintainers": ["The skgru developers"],
    "python_version": ">=3.11",
    "python_dependencies": "skgru",  # which brings all others, in the versions that it allows
}
