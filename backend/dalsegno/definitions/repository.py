"""Authors' code, loaded: a file or module, and the pipelines that it defines."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import msgspec

from dalsegno.definitions.pickling import FILE_MODULE_PREFIX
from dalsegno.definitions.pipeline import PipelineDefinition
from dalsegno.definitions.source import is_author_module
from dalsegno.errors import CodeLoadError, DalsegnoError, PipelineNotFoundError


class Repository(msgspec.Struct, frozen=True):
    """The pipelines that a file or module defines."""

    pipelines: Mapping[str, PipelineDefinition]
    # The file's absolute path, or the module's name.
    location: str

    def pipeline(self, name: str) -> PipelineDefinition:
        """The pipeline of that name. Raises PipelineNotFoundError."""
        found = self.pipelines.get(name)
        if found is None:
            raise PipelineNotFoundError(pipeline_name=name, searched=self.location, known=tuple(self.pipelines))
        return found


def load_pipelines(file: Path | str | None = None, module: str | None = None) -> Repository:
    """Import a file, or a module as `python -m` finds it, as it is now, and collect its pipelines.

    What it imports from beside it is loaded anew too. Each pipeline is described here and now, so that its code
    versions are those of the code that was loaded. Raises CodeLoadError, also for what the code itself raises.
    """
    if (file is None) == (module is None):
        raise CodeLoadError(source="code", problem="give a file (-f) or a module (-m), one of them")
    location = str(Path(file).absolute()) if file is not None else str(module)
    with _modules_anew():
        try:
            loaded = _load_file(Path(location)) if file is not None else _load_module(location)
            pipelines = _collect(loaded, location)
            for one in pipelines.values():
                _ = one.snapshot
        except CodeLoadError:
            raise
        except (Exception, SystemExit) as error:
            raise CodeLoadError(
                source=location, problem=f"{type(error).__name__}: {error}", traceback=_author_traceback(error)
            ) from error
    return Repository(pipelines, location)


# Authors' modules that loading has brought in, by name; the next load brings in new ones.
_brought_in: dict[str, ModuleType] = {}


@contextmanager
def _modules_anew() -> Iterator[None]:
    """Within, what earlier loads brought in is imported again. Where that fails, all is left as it was."""
    before = dict(_brought_in)
    for name, module in before.items():
        sys.modules.pop(name, None)
        _forget_byte_code(module)
    importlib.invalidate_caches()
    others = dict(sys.modules)
    try:
        yield
    except BaseException:
        for name in _authors_modules_since(others):
            del sys.modules[name]
        sys.modules.update({name: module for name, module in others.items() if name not in sys.modules})
        sys.modules.update(before)
        raise
    _brought_in.clear()
    _brought_in.update(_authors_modules_since(others))
    # Pickles name the module of a file; those of other files can be loaded still.
    for name, module in before.items():
        if name.startswith(FILE_MODULE_PREFIX):
            sys.modules.setdefault(name, module)


def _authors_modules_since(before: Mapping[str, ModuleType]) -> dict[str, ModuleType]:
    """Those that have come since, or have taken the place of another module."""
    new: dict[str, Any] = {name: one for name, one in sys.modules.items() if before.get(name) is not one}
    return {name: one for name, one in new.items() if isinstance(one, ModuleType) and is_author_module(one)}


def _forget_byte_code(module: ModuleType) -> None:
    # It is told from its source by size and whole seconds; a quick edit would go unseen.
    cached = getattr(module, "__cached__", None)
    if cached:
        with suppress(OSError):
            Path(cached).unlink(missing_ok=True)


class _FreshLoader(SourceFileLoader):
    """Compiles the source each time."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        problem = "it is a folder; name the file" if path.is_dir() else "there is no such file"
        raise CodeLoadError(source=str(path), problem=problem)
    _find_first(str(path.parent))
    name = FILE_MODULE_PREFIX + path.stem
    spec = importlib.util.spec_from_file_location(name, path, loader=_FreshLoader(name, str(path)))
    if spec is None or spec.loader is None:
        raise CodeLoadError(source=str(path), problem="it is not a file of Python code")
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def _load_module(name: str) -> ModuleType:
    _find_first(os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        problem = f"no module is named {error.name!r} in this folder or among what is installed"
        raise CodeLoadError(source=name, problem=problem) from error


def _find_first(folder: str) -> None:
    # It stays: steps may import what lies beside them when they run.
    sys.path[:] = [folder, *(one for one in sys.path if one != folder)]


def _collect(module: ModuleType, location: str) -> dict[str, PipelineDefinition]:
    pipelines: dict[str, PipelineDefinition] = {}
    for value in vars(module).values():
        if isinstance(value, PipelineDefinition) and pipelines.setdefault(value.name, value) is not value:
            problem = f"two pipelines are named {value.name!r}; give one another name with @pipeline(name=...)"
            raise CodeLoadError(source=location, problem=problem)
    return pipelines


def _author_traceback(error: BaseException) -> str:
    """As Python prints it, without the frames of loading; of an error that we raise on purpose, without ours at all."""
    ours = os.path.dirname(os.path.dirname(__file__)) if isinstance(error, DalsegnoError) else __file__
    shown = traceback.TracebackException.from_exception(error)
    pending = [shown]
    while pending:
        one = pending.pop()
        kept = [frame for frame in one.stack if not frame.filename.startswith((ours, "<frozen"))]
        one.stack = traceback.StackSummary.from_list(kept)
        pending.extend(linked for linked in (one.__cause__, one.__context__) if linked is not None)
    return "".join(shown.format())
