"""The project as a whole: what importing costs, what is shipped, what is locked, and that documents speak the truth."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "backend" / "dalsegno"
MODULES = sorted(PACKAGE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "backend/pyproject.toml").read_text())

# What only running, or the command line, needs.
LOADED_WHEN_USED = (
    "aiosqlite",
    "alembic",
    "asyncio",
    "asyncpg",
    "dalsegno.plan",
    "dalsegno.store",
    "networkx",
    "rich",
    "sqlalchemy",
    "typer",
)


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found is not None
    return found.group().lower().replace("_", "-")


def test_importing_dalsegno_loads_the_definitions_alone():
    code = "import dalsegno, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "dalsegno.definitions" in loaded
    assert [name for name in LOADED_WHEN_USED if name in loaded] == []


def test_every_public_name_can_be_had():
    code = "import dalsegno; [getattr(dalsegno, name) for name in dalsegno.__all__]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_wheel_has_every_module_the_migrations_and_the_type_marker(tmp_path):
    shutil.copytree(ROOT / "backend", tmp_path / "backend", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
        cwd=tmp_path / "backend",
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "backend" / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"dalsegno/{module.relative_to(PACKAGE)}" for module in MODULES} | {"dalsegno/py.typed"}
    assert expected - names == set()
    assert any(name.startswith("dalsegno/store/migrations/versions/") for name in names)


def test_the_lock_holds_hashes_and_no_address():
    lock = (ROOT / "requirements.txt").read_text()
    assert "://" not in lock
    assert not re.search(r"^ *-(?!-hash=sha256:)", lock, re.MULTILINE)
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_everything_declared_is_locked():
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    declared += PROJECT["build-system"]["requires"]
    locked = {name_of(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line[0].isalnum()}
    assert {name_of(requirement) for requirement in declared} - locked == set()


# Loaded by name, never imported by us: a driver that SQLAlchemy finds by its URL.
FOUND_BY_NAME = {"aiosqlite", "asyncpg", "httptools", "uvloop", "websockets"}
IMPORTED_AS = {
    "cross-web": "cross_web",
    "graphql-core": "graphql",
    "pyyaml": "yaml",
    "strawberry-graphql": "strawberry",
}


def test_every_dependency_is_used():
    imported: set[str] = set()
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                imported.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    needed = {name_of(requirement) for requirement in PROJECT["project"]["dependencies"]} - FOUND_BY_NAME
    assert {name for name in needed if IMPORTED_AS.get(name, name) not in imported} == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_what_it_is_and_is_a_room_one_can_know(module):
    text = module.read_text()
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring is not None
    assert docstring.splitlines()[0].rstrip().endswith((".", ":"))
    assert len(text.splitlines()) <= 500


def test_what_the_architecture_names_is_there():
    text = (ROOT / "docs/architecture.md").read_text()
    table = text.split("## The modules")[1].split("## Import rules")[0]
    named = {
        name.rstrip("/")
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`([a-z_/]+)`", row)
    }
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py") and path.stem[0] not in "_."}
    assert named == there


@pytest.mark.parametrize(
    "document", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.name
)
def test_links_between_documents_lead_somewhere(document):
    targets = re.findall(r"\]\(([^)#:]+)\)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_run_script_works_from_anywhere_and_refuses_what_it_does_not_know(tmp_path):
    there = tmp_path / "a folder with blanks"
    there.mkdir()
    shutil.copy(ROOT / "run", there)
    helped = subprocess.run([there / "run", "help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "./run test" in helped.stdout
    unknown = subprocess.run([there / "run", "dance"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert unknown.returncode == 2
    assert "no command 'dance'" in unknown.stderr
