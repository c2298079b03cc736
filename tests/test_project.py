"""The project as a whole: what importing costs, what is shipped, what is locked, and that documents speak the truth."""

from __future__ import annotations

import ast
import json
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
    "opentelemetry",
    "prometheus_client",
    "rich",
    "sqlalchemy",
    "structlog",
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


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package's folder, with nothing beside it, and with a web UI of one page built into it."""
    shutil.copy(ROOT / ".gitignore", tmp_path)
    backend = tmp_path / "backend"
    shutil.copytree(ROOT / "backend", backend, ignore=shutil.ignore_patterns("__pycache__", "_web"))
    (backend / "dalsegno/_web/assets").mkdir(parents=True)
    (backend / "dalsegno/_web/index.html").write_text("<!doctype html>")
    (backend / "dalsegno/_web/assets/index-1a2b.js").write_text("")
    return backend


def packed(backend: Path, target: str) -> subprocess.CompletedProcess[str]:
    """What came of building a wheel or an sdist."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target]
    return subprocess.run(command, cwd=backend, capture_output=True, text=True, check=False)


def test_the_wheel_has_every_module_the_migrations_the_web_ui_and_the_type_marker(copy):
    assert packed(copy, "wheel").returncode == 0
    (wheel,) = (copy / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"dalsegno/{module.relative_to(PACKAGE)}" for module in MODULES} | {"dalsegno/py.typed"}
    assert expected - names == set()
    assert any(name.startswith("dalsegno/store/migrations/versions/") for name in names)
    assert {"dalsegno/_web/index.html", "dalsegno/_web/assets/index-1a2b.js", "dalsegno/api/login.html"} <= names


def test_an_sdist_holds_the_web_ui_as_built_so_that_its_wheel_needs_no_node(copy, tmp_path):
    assert packed(copy, "sdist").returncode == 0
    (sdist,) = (copy / "dist").glob("*.tar.gz")
    shutil.unpack_archive(sdist, tmp_path)
    (unpacked,) = tmp_path.glob("dalsegno-*")
    # A folder of this name beside it is nothing of ours.
    (tmp_path / "frontend").mkdir()
    (tmp_path / "frontend/package.json").write_text("{}")
    assert packed(unpacked, "wheel").returncode == 0
    (wheel,) = (unpacked / "dist").glob("*.whl")
    assert "dalsegno/_web/assets/index-1a2b.js" in zipfile.ZipFile(wheel).namelist()


def test_no_wheel_is_made_without_the_web_ui(copy):
    shutil.rmtree(copy / "dalsegno/_web")
    done = packed(copy, "wheel")
    assert done.returncode != 0
    assert "The web UI is neither built" in done.stderr


def test_the_web_ui_is_built_once_and_again_when_its_sources_have_changed(copy, tmp_path):
    manifest = {"name": "a-page", "version": "1.0.0", "scripts": {"build": "node build.js"}}
    lock = {"name": "a-page", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": manifest}}
    frontend = tmp_path / "frontend"
    frontend.mkdir()
    (frontend / "package.json").write_text(json.dumps(manifest))
    (frontend / "package-lock.json").write_text(json.dumps(lock))
    page = copy / "dalsegno/_web/index.html"

    def was_built(content: str) -> bool:
        make_page = f"fs.mkdirSync('dist', {{recursive: true}}); fs.writeFileSync('dist/index.html', '{content}')"
        (frontend / "build.js").write_text(f"fs = require('fs'); {make_page}")
        before = page.stat().st_mtime_ns
        subprocess.run([sys.executable, copy / "hatch_build.py"], cwd=tmp_path, check=True)
        return page.stat().st_mtime_ns != before

    assert was_built("first")
    assert not was_built("first")
    assert page.read_text() == "first"
    assert was_built("second")
    assert page.read_text() == "second"
    # What an earlier build left is gone.
    assert not (copy / "dalsegno/_web/assets").exists()
    assert json.loads((frontend / "package-lock.json").read_text()) == lock


def test_the_lock_of_the_web_ui_has_the_packages_of_every_platform_and_no_address_of_them():
    packages = json.loads((ROOT / "frontend/package-lock.json").read_text())["packages"]
    locked = {path.rpartition("node_modules/")[2] for path in packages}
    wanted = {name for package in packages.values() for name in package.get("optionalDependencies", {})}
    assert wanted - locked == set()
    assert {path for path, package in packages.items() if "resolved" in package} == set()
    # What comes inside another package is checked with it.
    of_its_own = {path: package for path, package in packages.items() if path and not package.get("inBundle")}
    assert {path for path, package in of_its_own.items() if "integrity" not in package} == set()


LOCKS = [ROOT / "requirements.txt", *sorted((ROOT / "tests/dagster").glob("requirements-*.txt"))]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_the_lock_holds_hashes_and_no_address(path):
    lock = path.read_text()
    assert "://" not in lock
    assert not re.search(r"^ *-(?!-hash=sha256:)", lock, re.MULTILINE)
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_everything_declared_is_locked():
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    declared += PROJECT["build-system"]["requires"]
    declared += [one for some in PROJECT["project"]["optional-dependencies"].values() for one in some]
    locked = {name_of(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line[0].isalnum()}
    assert {name_of(requirement) for requirement in declared} - locked == set()


# Loaded by name, never imported by us: a driver that SQLAlchemy finds by its URL.
FOUND_BY_NAME = {"aiosqlite", "asyncpg", "httptools", "uvloop", "websockets"}
IMPORTED_AS = {
    "cross-web": "cross_web",
    "graphql-core": "graphql",
    "prometheus-client": "prometheus_client",
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


def test_the_run_script_helps_with_every_command_that_it_knows():
    script = (ROOT / "run").read_text()
    told = re.findall(r"^\./run (\w+)", script, re.MULTILINE)
    known = re.findall(r"^    (\w+)(?: \| [-\w]+)*\)", script, re.MULTILINE)
    assert sorted(told) == sorted(known)


def test_the_run_script_works_from_anywhere_and_refuses_what_it_does_not_know(tmp_path):
    there = tmp_path / "a folder with blanks"
    there.mkdir()
    shutil.copy(ROOT / "run", there)
    helped = subprocess.run([there / "run", "help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "./run test" in helped.stdout
    unknown = subprocess.run([there / "run", "dance"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert unknown.returncode == 2
    assert "no command 'dance'" in unknown.stderr
