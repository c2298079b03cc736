"""Folders in which the files of a document stand, to follow it as a reader does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.documents import blocks

DALSEGNO = Path(sys.executable).with_name("dalsegno")


class ReadersFolder:
    """A folder with the files that a document tells to write: blocks whose first line is the file's name."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        for block in (*blocks(text, "python"), *blocks(text, "yaml")):
            named = re.match(r"# ([\w.]+)\n", block)
            if named:
                (path / named[1]).write_text(block)

    def call(self, *command: object) -> subprocess.CompletedProcess[str]:
        """Call a command here, as a reader would: `dalsegno` and `python` are those of the tests."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("DALSEGNO_")}
        modules = os.pathsep.join(filter(None, (str(self.path), others.get("PYTHONPATH"))))
        environment = others | {"PATH": f"{DALSEGNO.parent}{os.pathsep}{others['PATH']}", "PYTHONPATH": modules}
        return subprocess.run(
            list(map(str, command)), cwd=self.path, env=environment, capture_output=True, text=True, check=False
        )
