"""Outputs are stored and loaded again, or it is said plainly why not."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from dalsegno import InputContext, IOManager, ModeDefinition, OutputContext, fs_io_manager, io_manager, mem_io_manager
from dalsegno.definitions.memory_io_manager import forget_run, memory_holds
from dalsegno.definitions.pickling import FILE_MODULE_PREFIX
from dalsegno.errors import OutputNotStoredError, OutputUnavailableError
from dalsegno.output_storage import OutputStorage, StoredOutput


@pytest.fixture
def storage(tmp_path):
    return OutputStorage(str(tmp_path / "storage"))


def made(definition, config=None):
    """The IO manager that a definition makes."""
    mode = ModeDefinition(resource_defs={"io_manager": definition})
    run_config = {"resources": {"io_manager": {"config": config}}} if config else {}
    with mode.opened(["io_manager"], run_config=run_config) as resources:
        return resources["io_manager"]


def output(storage=None, **said):
    told = {"run_id": "r1", "step_key": "train", "attempt_token": "t1", "storage": storage} | said
    return OutputContext(**told)


def loading(storage, stored, **said):
    told = {"run_id": "r1", "step_key": "train", "uri": stored.uri, "digest": stored.digest} | said
    return InputContext(
        upstream_output=OutputContext(**told), storage=storage, name="rows", step_key="test", run_id="r2"
    )


class Stubborn:
    def __reduce__(self):
        raise RuntimeError("not me")


class Model:
    def __init__(self, rate):
        self.rate = rate


@pytest.mark.parametrize(
    "value", [1, None, "text", [1, {"a": (2, 3)}], b"\0" * 3_000_000], ids=["int", "None", "str", "nested", "3 MB"]
)
def test_a_value_comes_back_as_it_was(storage, value):
    manager = made(fs_io_manager)
    stored = manager.handle_output(output(storage), value)
    assert Path(stored.uri).stat().st_size == stored.size_bytes
    assert manager.load_input(loading(storage, stored)) == value


def test_what_only_cloudpickle_can_write_comes_back_too(storage):
    rate = 3
    manager = made(fs_io_manager)
    stored = manager.handle_output(output(storage), lambda x: x * rate)
    assert manager.load_input(loading(storage, stored))(2) == 6


def test_each_attempt_and_output_is_stored_in_its_own_place(storage):
    manager = made(fs_io_manager)
    told = [{}, {"attempt_token": "t2"}, {"name": "left"}, {"name": "right", "mapping_key": "k1"}, {"run_id": "r2"}]
    uris = [manager.handle_output(output(storage, **said), 1).uri for said in told]
    assert len(set(uris)) == len(told)


def test_outputs_are_stored_below_the_base_dir_of_the_config(tmp_path, storage):
    manager = made(fs_io_manager, {"base_dir": str(tmp_path / "elsewhere")})
    stored = manager.handle_output(output(storage), [1])
    assert Path(stored.uri).is_relative_to(tmp_path / "elsewhere")
    assert manager.load_input(loading(storage, stored)) == [1]


@pytest.mark.parametrize(
    "value",
    [Stubborn(), threading.Lock(), (n for n in ()), SimpleNamespace(lock=threading.Lock())],
    ids=lambda one: type(one).__name__,
)
def test_a_value_that_can_not_be_pickled_is_told_by_its_type_and_leaves_nothing(storage, tmp_path, value):
    with pytest.raises(OutputNotStoredError) as raised:
        made(fs_io_manager).handle_output(output(storage), value)
    assert (raised.value.step_key, raised.value.output_name) == ("train", "result")
    assert f"a {type(value).__name__} can't be pickled" in raised.value.problem
    assert "io_manager_key" in raised.value.problem
    assert [path for path in (tmp_path / "storage").rglob("*") if path.is_file()] == []


def test_an_output_is_never_overwritten(storage):
    manager = made(fs_io_manager)
    stored = manager.handle_output(output(storage), 1)
    with pytest.raises(OutputNotStoredError):
        manager.handle_output(output(storage), 2)
    assert manager.load_input(loading(storage, stored)) == 1


def damage(path):
    path.write_bytes(b"damaged")


@pytest.mark.parametrize(("harm", "problem"), [(Path.unlink, "gone"), (damage, "damaged")])
def test_an_output_that_is_gone_or_damaged_is_told_with_its_run_and_step(storage, harm, problem):
    manager = made(fs_io_manager)
    stored = manager.handle_output(output(storage), 1)
    harm(Path(stored.uri))
    with pytest.raises(OutputUnavailableError, match=problem) as raised:
        manager.load_input(loading(storage, stored))
    error = raised.value
    assert (error.run_id, error.step_key, error.output_name, error.uri) == ("r1", "train", "result", stored.uri)


def test_an_output_whose_class_has_gone_is_told(storage):
    manager = made(fs_io_manager)
    module = ModuleType("vanishing")
    module.Model = type("Model", (), {"__module__": "vanishing"})  # type: ignore[attr-defined]
    sys.modules["vanishing"] = module
    stored = manager.handle_output(output(storage), module.Model())
    del sys.modules["vanishing"]
    with pytest.raises(OutputUnavailableError, match="does not load with the code as it is now: ModuleNotFoundError"):
        manager.load_input(loading(storage, stored))


@pytest.mark.parametrize(
    ("written_as", "read_as"), [("__main__", FILE_MODULE_PREFIX + "ml"), (FILE_MODULE_PREFIX + "ml", "__main__")]
)
def test_what_a_script_stored_its_file_can_load_and_the_other_way_round(storage, monkeypatch, written_as, read_as):
    manager = made(fs_io_manager)

    def module_of_that_name(name):
        module = sys.modules["__main__"] if name == "__main__" else ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        kind = type("StoredModel", (), {"__module__": name, "__qualname__": "StoredModel"})
        monkeypatch.setattr(module, "StoredModel", kind, raising=False)
        return kind

    stored = manager.handle_output(output(storage), module_of_that_name(written_as)())
    monkeypatch.delattr(sys.modules[written_as], "StoredModel")
    expected = module_of_that_name(read_as)
    assert type(manager.load_input(loading(storage, stored))) is expected


def test_an_output_without_an_address_is_told(storage):
    with pytest.raises(OutputUnavailableError, match="does not say where"):
        made(fs_io_manager).load_input(loading(storage, StoredOutput(uri=None, digest=None, size_bytes=None)))


def test_memory_gives_the_very_object_until_its_run_is_forgotten():
    manager = made(mem_io_manager)
    value = Model(0.5)
    stored = manager.handle_output(output(run_id="r-memory"), value)
    assert stored.uri.startswith("memory-of-process:")
    assert stored.digest is None
    assert memory_holds(stored.uri)
    assert manager.load_input(loading(None, stored, run_id="r-memory")) is value
    forget_run("r-memory")
    assert not memory_holds(stored.uri)
    with pytest.raises(OutputUnavailableError, match="memory of one process"):
        manager.load_input(loading(None, stored, run_id="r-memory"))


@pytest.mark.parametrize("uri", ["memory-of-process:0/r1/train/t1/result", "memory-of-process:", "/a/file", ""])
def test_memory_does_not_hold_what_another_process_made(uri):
    assert not memory_holds(uri)


def test_an_io_manager_of_the_authors_own_has_all_it_needs():
    kept = {}

    class Lake(IOManager):
        def handle_output(self, context, obj):
            kept[tuple(context.get_identifier())] = obj
            context.add_output_metadata({"rows": len(obj), "folder": context.resources.folder})

        def load_input(self, context):
            return kept[tuple(context.upstream_output.get_identifier())]

    @io_manager(required_resource_keys={"folder"})
    def lake(context):
        return Lake()

    mode = ModeDefinition(resource_defs={"lake": lake, "folder": "lakes"})
    with mode.opened(["lake"]) as resources:
        context = output(mapping_key="k1", metadata={"unit": "m", "rows": 0}, resources=resources)
        assert resources["lake"].handle_output(context, [1, 2]) is None
        assert context.metadata == {"unit": "m", "rows": 2, "folder": "lakes"}
        again = InputContext(upstream_output=output(mapping_key="k1", attempt_token=""))
        assert resources["lake"].load_input(again) == [1, 2]
        assert list(kept) == [("r1", "train", "result", "k1")]
