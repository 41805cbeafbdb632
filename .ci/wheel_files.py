"""The wheel holds the modules and `py.typed` of skgru/ in the sources, and nothing else."""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

with zipfile.ZipFile(sys.argv[1]) as wheel:
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
expected = {
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "skgru").rglob("*")
    if path.suffix == ".py" or path.name == "py.typed"
}
if found != expected:
    sys.exit(f"missing: {sorted(expected - found)}; too much: {sorted(found - expected)}")
print(f"{sys.argv[1]}: {len(found)} files")
