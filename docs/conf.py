"""How the site is built: ``make docs``."""

import importlib.util
import re
from pathlib import Path

import skgru
import skgru.persistence
import skgru.plotting
import skgru.sktime

project = "skgru"
author = "The skgru developers"
copyright = f"2026, {author}"
version = release = skgru.__version__

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx-mathjax-offline",  # and with it sphinx.ext.mathjax
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "name"
toc_object_entries_show_parents = "hide"

nitpicky = True
# Docstrings inherited from scikit-learn name its classes, which have no page here.
nitpick_ignore_regex = [("py:.*", r"sklearn\..*")]

html_theme = "pydata_sphinx_theme"
html_title = "skgru"
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_prev_next": False,
}
html_sidebars = {
    page: [] for page in ("quickstart", "reference", "benchmarks", "contributing", "changes")
}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"
plot_formats = [("png", 110)]
plot_html_show_formats = plot_html_show_source_link = False

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc has them
numpydoc_show_class_members = False  # the template of a class lists its methods

# Examples that need the extra `benchmarks` run only where it is installed; their code is shown.
NEEDS = {
    "forecast_ensemble": ("prophet", "statsforecast"),
    "stack_boosted_trees": ("lightgbm", "xgboost"),
}
SHOWN = [
    name
    for name, packages in NEEDS.items()
    if any(importlib.util.find_spec(package) is None for package in packages)
]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": rf"plot_(?!{'|'.join(SHOWN) or '$'})",
    "ignore_pattern": r"(demo|scale_out)\.py",
    "subsection_order": [
        f"../examples/{part}" for part in ("series", "forecasting", "text", "speech")
    ],
    "default_thumb_file": str(
        Path(__file__).parent / "design/pictures/side-by-side-forecasting.png"
    ),
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


# What `single` backquotes may name: a path, or its last part where that says enough. Where two
# modules have a class of one name, the short one is that of skgru itself, which comes last.
PUBLIC = {}
for module in (skgru.persistence, skgru.plotting, skgru.sktime, skgru):
    for name in module.__all__:
        path = f"{module.__name__}.{name}"
        PUBLIC[path] = path
        if name[0].isupper() or module is skgru:
            PUBLIC[name] = f"~{path}"
del PUBLIC["__version__"], PUBLIC["skgru.__version__"]


def link_by_name(role, rawtext, text, lineno, inliner, options=None, content=()):
    """Link what has a page in the reference; everything else in backquotes is code."""
    # The tests of documented code read this file, too, where there is no Sphinx.
    from docutils import nodes
    from sphinx.domains.python import PyXRefRole

    if text in PUBLIC:
        return PyXRefRole()("py:obj", rawtext, PUBLIC[text], lineno, inliner)
    return [nodes.literal(rawtext, text)], []


def unlink(app, what, name, obj, options, lines):
    """Take out of inherited docstrings what does not work here.

    Those are links into the pages of scikit-learn and sktime, and of sktime's many methods that all
    its objects have, everything but the summary: their lists are no lists to Sphinx.
    """
    module = getattr(getattr(obj, "fget", obj), "__module__", None) or ""
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
    app.add_role("name", link_by_name)
    app.connect("autodoc-process-docstring", unlink)
