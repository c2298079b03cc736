"""The code version of a step: a hash of what its function, and the author's code that it reaches, says.

It is made of these, in no order:

1. The syntax tree of the step's function. Its name, decorators, comments, docstrings and layout do not count.
2. The same of each function and class of the author's that it reaches by a global name, an attribute of a module or a
   closure, and of what those reach.
3. The values of simple constants that these read from globals, closures and defaults; of other values, such as a dict,
   the statement that assigns them.

Where the source is not to be had, as at a prompt, bytecode stands in for the tree. What is imported inside a function,
and what is installed, does not count.
"""

from __future__ import annotations

import dis
import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from dalsegno.definitions.source import (
    file_syntax,
    is_author_class,
    is_author_function,
    is_author_module,
    syntax_of_class,
    syntax_of_code,
    without_layout,
)

DIGITS = 16
_SIMPLE = (int, float, complex, str, bytes, type(None))
_versions: WeakKeyDictionary[FunctionType, str] = WeakKeyDictionary()


def code_version_of(function: Callable[..., Any]) -> str:
    """16 hex digits: the same for the same code in any process; made once for a function."""
    if not isinstance(function, FunctionType):
        return _version(function)
    version = _versions.get(function)
    if version is None:
        version = _versions[function] = _version(function)
    return version


def _version(function: Callable[..., Any]) -> str:
    reached = _Reached(getattr(function, "__module__", None) or "")
    reached.add_step(function)
    text = "\n".join(sorted(reached.said))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:DIGITS]


class _Reached:
    """What a step reaches, as texts. The package that its module is of is its author's, even where it is installed."""

    def __init__(self, module_name: str) -> None:
        self.said: set[str] = set()
        self._home = module_name.partition(".")[0]
        # By id; the objects are kept, so that no id is given to another one.
        self._seen: dict[int, Any] = {}

    def add_step(self, function: Callable[..., Any]) -> None:
        if isinstance(function, FunctionType):
            self._function(function, is_step=True)
        else:
            self._value("", function, "")
        if not self.said:
            # Nothing that Python has written: a builtin, say.
            self.said.add(f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}")

    def _value(self, name: str, value: Any, filename: str) -> None:
        """What `name` stands for in `filename`."""
        if _is_simple(value):
            self.said.add(f"{name} = {_shown(value)}")
        elif isinstance(value, FunctionType):
            self._function(value)
        elif id(value) not in self._seen and not isinstance(value, ModuleType):
            self._seen[id(value)] = value
            self._object(name, value, filename)

    def _object(self, name: str, value: Any, filename: str) -> None:
        if isinstance(value, type):
            self._class(value)
        elif isinstance(value, MethodType):
            self._value(name, value.__func__, filename)
            self._value("", type(value.__self__), "")
        elif isinstance(value, functools.partial):
            self._value(name, value.func, filename)
            self._values({**dict(enumerate(value.args)), **value.keywords}, filename)
        elif isinstance(getattr(value, "__wrapped__", None), FunctionType):
            # Another step, or what functools.cache makes.
            self._function(value.__wrapped__, is_step=True)
        else:
            self._instance(name, value, filename)

    def _values(self, values: Mapping[Any, Any], filename: str) -> None:
        for name, value in values.items():
            self._value(str(name), value, filename)

    def _instance(self, name: str, value: Any, filename: str) -> None:
        if isinstance(value, Enum):
            self.said.add(f"{name} = {type(value).__qualname__}.{value.name}")
        for statement in file_syntax(filename).assignments.get(name, []) if filename else []:
            self.said.add(without_layout(statement))
        items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple, set)) else ()
        for item in items:
            if callable(item):
                self._value(name, item, "")
        self._value("", type(value), "")

    def _function(self, function: FunctionType, *, is_step: bool = False) -> None:
        if id(function) in self._seen:
            return
        self._seen[id(function)] = function
        if is_author_function(function, self._home):
            code = function.__code__
            trees = [without_layout(tree, is_step=is_step) for tree in syntax_of_code(code)]
            self.said.update(trees or [_bytecode(code, is_step=is_step)])
            self._read_by(function)
        wrapped = getattr(function, "__wrapped__", None)
        if isinstance(wrapped, FunctionType):
            self._function(wrapped, is_step=is_step)

    def _class(self, cls: type) -> None:
        if not is_author_class(cls, self._home):
            return
        trees = syntax_of_class(cls)
        self.said.update(map(without_layout, trees))
        for member in vars(cls).values():
            for function in _functions_of(member):
                if not is_author_function(function, self._home):
                    continue
                if not trees:
                    self.said.add(_bytecode(function.__code__))
                self._read_by(function)
        for base in cls.__mro__[1:]:
            self._value("", base, "")

    def _read_by(self, function: FunctionType) -> None:
        filename = function.__code__.co_filename
        names = function.__globals__
        closure = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
        for first, *attributes in _names_read(function.__code__):
            if first in closure:
                self._follow(first, _content(closure[first]), attributes, "")
            elif first in names:
                self._follow(first, names[first], attributes, filename)
        self._values(dict(enumerate(function.__defaults__ or ())), "")
        self._values(function.__kwdefaults__ or {}, "")

    def _follow(self, name: str, value: Any, attributes: list[str], filename: str) -> None:
        for attribute in attributes:
            if not isinstance(value, ModuleType):
                break
            if not is_author_module(value, self._home):
                return
            name, filename = attribute, getattr(value, "__file__", None) or ""
            value = getattr(value, attribute, None)
        self._value(name, value, filename)


@functools.lru_cache(maxsize=4096)
def _names_read(code: CodeType) -> tuple[tuple[str, ...], ...]:
    """The globals and closure variables that a code object reads, each with the attributes that follow it."""
    read: list[list[str]] = []
    is_chain = False
    for instruction in dis.get_instructions(code):
        operation = instruction.opname
        if operation in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF"):
            read.append([instruction.argval])
            is_chain = True
        elif is_chain and operation in ("LOAD_ATTR", "LOAD_METHOD"):
            read[-1].append(instruction.argval)
        elif operation != "CACHE":
            is_chain = False
    nested = (names for constant in code.co_consts if isinstance(constant, CodeType) for names in _names_read(constant))
    return tuple(dict.fromkeys([*map(tuple, read), *nested]))


def _functions_of(member: Any) -> Iterator[FunctionType]:
    if isinstance(member, (staticmethod, classmethod)):
        member = member.__func__
    parts = (member.fget, member.fset, member.fdel) if isinstance(member, property) else (member,)
    for part in parts:
        wrapped = part if isinstance(part, FunctionType) else getattr(part, "__wrapped__", None)
        if isinstance(wrapped, FunctionType):
            yield wrapped


def _bytecode(code: CodeType, *, is_step: bool = False) -> str:
    """What code says without its source: no line numbers, no names of files."""
    consts = [_bytecode(one) if isinstance(one, CodeType) else _shown(one) for one in code.co_consts]
    name = "" if is_step else code.co_name
    return repr((name, code.co_code.hex(), consts, code.co_names, code.co_freevars, code.co_argcount))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def _is_simple(value: Any) -> bool:
    if isinstance(value, (tuple, frozenset)):
        return type(value) in (tuple, frozenset) and all(map(_is_simple, value))
    return type(value) in _SIMPLE or type(value) is bool or value is ...


def _shown(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"frozenset({sorted(map(_shown, value))})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))})"
    return repr(value)
