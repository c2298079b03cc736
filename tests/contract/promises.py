"""The Python contract as it is written: its blocks of code, signatures, names and commands, read out of python.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from inspect import Parameter, Signature
from pathlib import Path

TEXT = (Path(__file__).parent / "python.md").read_text("utf-8")
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_IN_CODE = re.compile(r"`([^`]+)`")
_SIGNATURE = re.compile(r"^- `(\w+)\((\w.*?)\)`", re.DOTALL | re.MULTILINE)
_MEMBER = re.compile(r"^\.(\w+)(?:\((.*)\))?(?: .*)?$")


def blocks() -> list[str]:
    """The blocks of code, in their order."""
    return _BLOCK.findall(TEXT)


def signatures() -> dict[str, Signature]:
    """By name: the functions whose parameters are given in full."""
    return {name: signature_of(parameters) for name, parameters in _SIGNATURE.findall(TEXT)}


def signature_of(parameters: str) -> Signature:
    """Parameters as they are written, without types."""
    function = ast.parse(f"def function({parameters}): ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    given = function.args
    without_default = len(given.args) - len(given.defaults)
    found = [
        Parameter(
            one.arg,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=Parameter.empty
            if number < without_default
            else ast.literal_eval(given.defaults[number - without_default]),
        )
        for number, one in enumerate(given.args)
    ]
    found += [
        Parameter(
            one.arg,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if default is None else ast.literal_eval(default),
        )
        for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    return Signature(found)


def bullet(begins: str) -> str:
    """The bullet that begins so, to the next one."""
    (found,) = [one for one in re.split(r"^- |\n\n", TEXT, flags=re.MULTILINE) if one.startswith(begins)]
    return found


def members(text: str) -> dict[str, str | None]:
    """The members that a text names, as `.name` or `.name(parameters)`; these, or None for one that is not called."""
    found = (_MEMBER.match(code) for code in _IN_CODE.findall(text))
    return {one[1]: one[2] for one in found if one}


def in_code(text: str) -> list[str]:
    """What stands between backticks."""
    return _IN_CODE.findall(text)


def commands() -> Iterator[tuple[str, str]]:
    """The calls in the table of commands: each command's name, and how it is called, alternatives apart."""
    for row in TEXT.splitlines():
        if not row.startswith("| `dalsegno "):
            continue
        name = ""
        for code in in_code(row.replace("\\|", "/").split(" | ")[0]):
            # "`dalsegno dev -f FILE` or `-m MODULE`"
            called, _, line = (
                code.removeprefix("dalsegno ").partition(" ") if code.startswith("d") else (name, "", code)
            )
            name = called
            yield name, line


def closed_list_of_dagster() -> list[str]:
    """The names that `dalsegno.dagster` has."""
    return TEXT.split("this list is closed: `")[1].split("`")[0].split()
