"""How the site is built: ``make docs``."""

import importlib.util
import re

import skgru

project = "skgru"
author = "The skgru developers"
copyright = f"2026, {author}"
version = release = skgru.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "literal"

html_theme = "pydata_sphinx_theme"
html_title = "skgru"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_sidebars = {"reference": [], "changes": [], "contributing": []}

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc has them
numpydoc_show_class_members = False  # the template of a class lists its methods

# Examples that need the extra `benchmarks` are part of the site only where it is installed.
NEEDS = {
    "plot_forecast_ensemble": ("prophet", "statsforecast"),
    "plot_stack_boosted_trees": ("lightgbm", "xgboost"),
    "plot_stl_smoothing": ("statsmodels",),
}
absent = [
    name
    for name, packages in NEEDS.items()
    if any(importlib.util.find_spec(package) is None for package in packages)
]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": "plot_",
    "ignore_pattern": rf"({'|'.join(['demo', *absent])})\.py",
    "abort_on_example_error": True,
    "run_stale_examples": True,  # the examples may be as they were, the library is not
    "capture_repr": (),  # an example with players of sound asks for them itself
    "remove_config_comments": True,
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skgru",),
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
}


def unlink(app, what, name, obj, options, lines):
    """Take out of inherited docstrings what does not work here.

    Those are links into the pages of scikit-learn and sktime, and of sktime's many methods that all
    its objects have, everything but the summary: their lists are no lists to Sphinx.
    """
    module = getattr(obj, "__module__", None) or ""
    if module.startswith("skgru"):
        return
    text = re.sub(r":(?:ref|term):`([^`<]+?)\s*(?:<[^`>]+>)?`", r"\1", "\n".join(lines))
    if module.startswith(("skbase.", "sktime.base.", "sktime.forecasting.base.")):
        text = text.strip().partition("\n\n")[0] + "\n"
    elif module.startswith("sktime."):
        text = re.sub(r"(?<![`\w.])(self\.\w+_)\b", r"``\1``", text)
    lines[:] = text.split("\n")


def setup(app):
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", unlink)
