"""What of the loaded code is an author's, with its syntax trees."""

from __future__ import annotations

import ast
import functools
import linecache
import os
import sys
import sysconfig
from types import CodeType, FunctionType, ModuleType
from typing import Any

import msgspec

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


class FileSyntax(msgspec.Struct, frozen=True):
    """What one file defines."""

    # First line, decorators included -> what is defined from there.
    by_line: dict[int, list[Definition]]
    classes: dict[str, list[Definition]]
    # Name -> the statements at the top level of the file that assign it.
    assignments: dict[str, list[ast.stmt]]


EMPTY = FileSyntax({}, {}, {})


def syntax_of_code(code: CodeType) -> list[Definition]:
    """The definitions that a code object may come from: one, unless lambdas share a line; none without the source."""
    at_line = file_syntax(code.co_filename).by_line.get(code.co_firstlineno, [])
    if code.co_name == "<lambda>":
        return [one for one in at_line if isinstance(one, ast.Lambda)]
    return [one for one in at_line if not isinstance(one, ast.Lambda) and one.name == code.co_name]


def syntax_of_class(cls: type) -> list[Definition]:
    """The definitions of that name in the class's file: one, as a rule; none without the source."""
    filename = getattr(_module_of(cls), "__file__", None)
    return file_syntax(filename).classes.get(cls.__name__, []) if filename else []


def file_syntax(filename: str) -> FileSyntax:
    """What a file defines, as it is now; EMPTY where it can't be read."""
    linecache.checkcache(filename)
    lines = linecache.getlines(filename)
    known = _parsed.get(filename)
    # It gives the same list as long as the file is the same.
    if known is None or known[0] is not lines:
        known = _parsed[filename] = (lines, _parse("".join(lines)))
    return known[1]


_parsed: dict[str, tuple[list[str], FileSyntax]] = {}


def _parse(text: str) -> FileSyntax:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return EMPTY
    found = FileSyntax({}, {}, {})
    for node in ast.walk(tree):
        if isinstance(node, Definition):
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            found.by_line.setdefault(first, []).append(node)
        if isinstance(node, ast.ClassDef):
            found.classes.setdefault(node.name, []).append(node)
    for statement in tree.body:
        for name in _assigned(statement):
            found.assignments.setdefault(name, []).append(statement)
    return found


def _assigned(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        targets = [statement.target]
    else:
        return set()
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


@functools.lru_cache(maxsize=4096)
def without_layout(node: ast.AST, *, is_step: bool = False) -> str:
    """The tree as text, without positions and docstrings; of a step's own function also without name and decorators.

    What is absent from a node is left out, so that a new version of Python that adds a field changes nothing.
    """
    return _text(node, ("name", "decorator_list") if is_step else ())


def _text(value: Any, left_out: tuple[str, ...] = ()) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in value)}]"
    if not isinstance(value, ast.AST):
        return repr(value)
    parts = []
    for name, item in ast.iter_fields(value):
        if name == "body" and isinstance(item, list) and _is_docstring(value, item):
            item = item[1:]
        if item is not None and item != [] and name not in left_out:
            parts.append(f"{name}={_text(item)}")
    return f"{type(value).__name__}({', '.join(parts)})"


def _is_docstring(node: ast.AST, body: list[ast.stmt]) -> bool:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or not isinstance(body[0], ast.Expr):
        return False
    return isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str)


def is_author_function(function: FunctionType, home: str) -> bool:
    """Defined in a file of an author's own, or at a prompt. `home` is a package that is, wherever it is installed."""
    filename = function.__code__.co_filename
    # What another decorator or exec makes says it is of a module that it was not written in.
    module_file = getattr(sys.modules.get(function.__module__ or ""), "__file__", None)
    if filename == module_file and _is_within(function.__module__, home):
        return True
    return _is_author_file(filename) and (module_file is None or _is_author_file(module_file))


def is_author_class(cls: type, home: str) -> bool:
    """As of a function."""
    module = _module_of(cls)
    return module is not None and (module.__name__ == "__main__" or is_author_module(module, home))


def is_author_module(module: ModuleType, home: str = "") -> bool:
    """As of a function."""
    if _is_within(module.__name__, home):
        return True
    filename = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return filename is not None and _is_author_file(filename)


def _is_within(module_name: str, package: str) -> bool:
    return bool(package) and module_name.partition(".")[0] == package


def _module_of(cls: type) -> ModuleType | None:
    return sys.modules.get(cls.__module__)


@functools.lru_cache(maxsize=4096)
def _is_author_file(filename: str) -> bool:
    if filename.startswith("<frozen"):
        return False
    path = os.path.realpath(filename)
    # Also where an author's code is run by the Python of another environment.
    is_installed = "site-packages" in path or "dist-packages" in path
    return not is_installed and not path.startswith(_foreign_folders())


@functools.cache
def _foreign_folders() -> tuple[str, ...]:
    """Of the standard library, of what is installed, and of this package."""
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders.add(os.path.dirname(os.path.dirname(__file__)))
    return tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)
