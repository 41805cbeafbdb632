"""Imports point down: the rules that keep every part readable by itself, read from the sources."""

import ast
import pickle
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import numpy as np
import pytest

import skgru

ROOT = Path(skgru.__file__).parent

# Which folder may import which. Files directly in skgru/ lie below all folders.
MAY_IMPORT = {
    "gru": set(),
    "ets": {"plotting"},
    "sktime": {"gru"},
    "text": {"gru"},
    "speech": {"gru"},
    "persistence": {"gru", "ets", "sktime", "text", "speech"},
    "plotting": set(),
}

# Within the GRU engine, top to bottom: a file imports from the lines under its own.
GRU_LAYERS = [
    {"_classifier", "_regressor"},
    {"_estimator"},
    {"_recipe"},
    {"_training"},
    {"_course", "_schedule"},
    {"_accelerator", "_epoch", "_native"},
    {"_user_forward"},
    {"_compiled", "_portable"},
    {"_program"},
    {"_network"},
    {"_graph"},
    {"_custom", "_fused"},
    {"_kernel", "_losses"},
    {"_backend"},
    {"_backward", "_inference", "_stream"},
    {"_forward"},
    {"_embedding"},
    {"_adam", "_layers", "_pooling", "_step"},
    {"_cells"},
    {"_blas"},
    {"_jit"},
    {
        "_augmentation",
        "_batches",
        "_whitening",
        "_canonical",
        "_defaults",
        "_initial",
    },
    {"_buckets", "_parameters", "_programs", "_progress"},
    {"_scaling", "_targets", "_vocabulary"},
    {"_sequences"},
    {"_model"},
]

# The same within the exponential-smoothing engine.
ETS_LAYERS = [
    {"_forecaster"},
    {"_direct", "_displays", "_inspection", "_portable"},
    {"_distributed", "_frames", "_timeline"},
    {"_kept", "_long"},
    {"_blockwise", "_json"},
    {"_bagging"},
    {"_blend", "_bootstrap"},
    {"_estimation", "_labels", "_summary"},
    {"_packed"},
    {"_fitted"},
    {"_regression"},
    {"_combination", "_options"},
    {"_mixture"},
    {"_crossing"},
    {"_prediction", "_simulation"},
    {"_selection"},
    {"_search"},
    {"_starts"},
    {"_optimum"},
    {"_horizon"},
    {"_loss", "_step"},
    {"_sensitivity"},
    {"_initial"},
    {"_region"},
    {"_layout"},
    {"_history"},
    {"_recursion"},
    {"_jit", "_lanes"},
    {"_presets"},
    {"_calendar", "_cycles", "_part", "_progress", "_series", "_transform"},
    {"_model", "_times"},
]

# Within text, the same.
TEXT_LAYERS = [
    {"_language_model", "_seq2seq", "_text_scorer", "_vectorizer"},
    {"_writer", "_fitting", "_seq2seq_fitting"},
    {
        "_beam",
        "_course",
        "_generation",
        "_schedule",
        "_seq2seq_reading",
        "_seq2seq_training",
        "_training",
    },
    {"_decoder"},
    {"_encoder"},
    {"_reading", "_decoding", "_layer", "_seq2seq_model", "_sharded"},
    {"_recurrence", "_softmax"},
    {"_pairs", "_sides", "_streams"},
    {"_documents", "_model", "_parameters", "_progress", "_recipe", "_tokens"},
    {"_attention", "_dropout", "_scratch", "_seq2seq_recipe", "_threads", "_vector"},
]

# Within persistence, the same.
PERSISTENCE_LAYERS = [
    {"_files", "_onnx"},
    {"_onnx_network", "_onnx_series", "_values"},
    {"_checks"},
    {"_checks_ets", "_checks_speech", "_checks_text"},
    {"_checks_networks"},
    {"_conditions", "_onnx_graph", "_registry", "_tables"},
]

# Within speech, the same.
SPEECH_LAYERS = [
    {"_synthesizer"},
    {"_augmenter", "_log_mel", "_transcriber"},
    {"_fitting", "_streaming"},
    {"_alignment", "_model", "_training", "_voice"},
    {"_ctc", "_errors", "_fusion", "_masking", "_posteriors", "_vocoder"},
    {"_decoding", "_frames"},
    {"_texts"},
    {"_distance", "_durations", "_lines", "_parameters", "_speakers", "_transcripts"},
    {"_distortions", "_spectra", "_waveforms"},
]

# Heavy packages and the only places that import them.
HOME_OF = {
    "keras": {"skgru.gru._backend"},
    "jax": {
        "skgru.gru._accelerator",
        "skgru.gru._compiled",
        "skgru.gru._program",
        "skgru.gru._user_forward",
        "skgru.gru._fused",
        "skgru.gru._kernel",
    },
    "numba": {"skgru._jit", "skgru.ets._lanes"},
    "onnx": {"skgru.persistence._onnx_graph"},
    "sktime": {
        "skgru.ets._forecaster",
        "skgru.ets._portable",
        "skgru.ets._timeline",
        "skgru.persistence._tables",
        "skgru.sktime",
    },
    "matplotlib": {"skgru.plotting"},
    "librosa": {"skgru.speech._distance", "skgru.speech._spectra", "skgru.speech._vocoder"},
    "rapidfuzz": {"skgru.speech._errors"},
}


def module_name(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {module_name(path): ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}


def executed(node):
    """Walk a tree without what only a type checker reads."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield from executed(child)


def imports(module):
    """Every module that a module imports, at its top or inside a function."""
    found = set()
    for node in executed(TREES[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in TREES else node.module for name in names}
    return found


def inner(module):
    return {name for name in imports(module) if name in TREES}


def folder(module):
    """'skgru.gru._model' -> 'gru'; None for a file directly in skgru."""
    parts = module.split(".")
    is_folder = len(parts) > 2 or (ROOT / parts[-1] / "__init__.py").exists()
    return parts[1] if len(parts) > 1 and is_folder else None


def test_imports_are_absolute():
    relative = [
        f"{module}:{node.lineno}"
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


def test_no_import_cycles():
    list(TopologicalSorter({module: inner(module) for module in TREES}).static_order())


def test_the_package_itself_only_names_things():
    assert imports("skgru") <= {"importlib", "typing"}
    for module in TREES:
        names = {
            alias.name
            for node in executed(TREES[module])
            if isinstance(node, ast.ImportFrom) and node.module == "skgru"
            for alias in node.names
        }
        assert names <= {"__version__"}, f"{module}: a public path is for users"


def test_folders_import_downwards():
    for module in TREES:
        if here := folder(module):
            seen = {folder(name) for name in inner(module)} - {here, None}
            assert seen <= MAY_IMPORT[here], module


@pytest.mark.parametrize(
    ("where", "layers"),
    [
        ("gru", GRU_LAYERS),
        ("ets", ETS_LAYERS),
        ("text", TEXT_LAYERS),
        ("persistence", PERSISTENCE_LAYERS),
        ("speech", SPEECH_LAYERS),
    ],
)
def test_files_import_downwards(where, layers):
    rank = {f"skgru.{where}.{name}": i for i, names in enumerate(layers) for name in names}
    files = {module for module in TREES if module.startswith(f"skgru.{where}.")}
    assert not files - set(rank), "give each new file its place in the layers"
    for module in files:
        own = inner(module) & files
        upward = [name for name in own if rank[name] <= rank[module]]
        assert not upward, module


@pytest.mark.parametrize("package", HOME_OF)
def test_heavy_packages_have_a_home(package):
    for module in TREES:
        if any(name.split(".")[0] == package for name in imports(module)):
            homes = {module, module.rpartition(".")[0]}
            assert homes & HOME_OF[package], f"{module} imports {package}"


def loaded_by(code, *arguments):
    """Run code in a fresh interpreter and return the top-level packages it has loaded."""
    code += "\nimport sys; print(*{name.split('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return set(run.stdout.split())


def test_import_is_light():
    heavy = {"jax", "keras", "numba", "numpy", "sktime", "sklearn", "pandas", "matplotlib"}
    assert not loaded_by("import skgru") & heavy


@pytest.mark.parametrize("engine", ["numba", "keras"])
@pytest.mark.parametrize("name", ["GRUClassifier", "GRURegressor"])
def test_prediction_needs_neither_jax_nor_keras(name, engine, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 8))
    estimator = getattr(skgru, name)(units=4, epochs=1, engine=engine, random_state=0)
    estimator.fit(X, X[:, 0] > 0)
    file = tmp_path / "model.pkl"
    file.write_bytes(pickle.dumps((estimator, X)))
    loaded = loaded_by(
        "import pickle, sys; estimator, X = pickle.load(open(sys.argv[1], 'rb')); "
        "estimator.predict(X)",
        file,
    )
    assert not loaded & {"jax", "keras"}


def test_text_needs_neither_jax_nor_keras():
    code = (
        "from skgru import GRULanguageModel; model = GRULanguageModel(units=4, epochs=1); "
        "model.fit('some text').generate()"
    )
    assert not loaded_by(code) & {"jax", "keras"}


def test_transcription_needs_neither_jax_nor_keras():
    code = (
        "from skgru import GRUTranscriber; X = [[[0.0], [1.0], [0.0]]] * 2; "
        "GRUTranscriber(units=2, frame_stacking=1, epochs=1).fit(X, ['a', 'b']).predict(X)"
    )
    assert not loaded_by(code) & {"jax", "keras", "librosa"}
