"""The code in README.md runs as it stands, from top to bottom."""

import re
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_code_runs(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 5
    exec(compile("\n".join(blocks), README.name, "exec"), {"__name__": "readme"})
    accuracy = float(capsys.readouterr().out.splitlines()[0])
    assert accuracy > 0.9
