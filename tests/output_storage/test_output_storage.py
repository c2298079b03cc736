"""Stored outputs, in a folder and in a remote store: whole or not there, never written twice, checked byte for byte."""

from __future__ import annotations

import hashlib
import os
import pickle
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest

from dalsegno.errors import InvalidSettingError
from dalsegno.output_storage import DAMAGED, GONE, DamagedBytesError, OutputStorage, StoredOutput
from dalsegno.runs.attempts import CapturedLog


@pytest.fixture(params=["folder", "file URL", "fsspec"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "fsspec":
        url = f"memory://{tmp_path.name}"
        yield url
        fsspec.filesystem("memory").rm(f"/{tmp_path.name}", recursive=True) if names_below(url) else None
    else:
        yield f"file://{tmp_path}/storage" if request.param == "file URL" else f"{tmp_path}/storage"


@pytest.fixture
def storage(root: str) -> OutputStorage:
    return OutputStorage(root)


def names_below(root: str) -> list[str]:
    """The names of all files in the storage."""
    fs, path = fsspec.url_to_fs(root)
    return sorted(Path(name).name for name in fs.find(path))


def overwrite(uri: str, content: bytes) -> None:
    with fsspec.open(uri, "wb") as file:
        file.write(content)


def remove(uri: str) -> None:
    fs, path = fsspec.url_to_fs(uri)
    fs.rm(path)


def write(storage: OutputStorage, content: bytes, step_key: str = "step", name: str = "result") -> StoredOutput:
    uri = storage.location("run", step_key, "token", name)
    with storage.write(uri) as file:
        file.write(content)
    return file.stored


def uri_of(stored: StoredOutput) -> str:
    assert stored.uri is not None
    return stored.uri


def test_what_is_written_is_read_back_with_its_digest_and_size(storage: OutputStorage, root: str) -> None:
    stored = write(storage, b"some bytes")
    assert stored.digest == f"sha256:{hashlib.sha256(b'some bytes').hexdigest()}"
    assert stored.size_bytes == 10
    assert storage.read(uri_of(stored), stored.digest) == b"some bytes"
    assert storage.read(uri_of(stored), None) == b"some bytes"
    assert names_below(root) == ["step.token.result"]


@pytest.mark.parametrize(
    "value", [pytest.param(42, id="small"), pytest.param([bytes(3_000_000), "ü" * 100_000, b""], id="large")]
)
def test_a_pickle_streams_through(storage: OutputStorage, value: object) -> None:
    with storage.write(storage.location("run", "step", "token", "result")) as file:
        pickle.dump(value, file, protocol=5)
    content = storage.read(uri_of(file.stored), file.stored.digest)
    assert pickle.loads(content) == value
    assert file.stored.size_bytes == len(content)


def test_what_the_system_takes_in_parts_is_stored_whole(
    storage: OutputStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Linux does with more than 2 GiB in one call.
    take = os.write
    monkeypatch.setattr(os, "write", lambda file, data: take(file, memoryview(data)[:70_000]))
    value = bytes(range(256)) * 2_000
    with storage.write(storage.location("run", "step", "token", "result")) as file:
        pickle.dump(value, file, protocol=5)
    monkeypatch.undo()
    assert pickle.loads(storage.read(uri_of(file.stored), file.stored.digest)) == value


def test_a_writer_that_asks_where_it_stands_is_told(storage: OutputStorage) -> None:
    with (
        storage.write(storage.location("run", "step", "token", "result")) as file,
        zipfile.ZipFile(file, "w") as archive,
    ):
        archive.writestr("a", "1")
    content = storage.read(uri_of(file.stored), file.stored.digest)
    assert content.startswith(b"PK")


@pytest.mark.parametrize("written", [pytest.param(b"", id="nothing yet"), pytest.param(bytes(1 << 20), id="a part")])
def test_an_output_whose_writing_fails_is_not_there(storage: OutputStorage, root: str, written: bytes) -> None:
    uri = storage.location("run", "step", "token", "result")

    def write_and_fail() -> None:
        with storage.write(uri) as file:
            file.write(written)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert names_below(root) == []
    with pytest.raises(FileNotFoundError):
        storage.read(uri, None)
    assert write(storage, b"tried again").size_bytes == 11


def test_an_output_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    storage = OutputStorage(str(tmp_path))
    uri = storage.location("run", "step", "token", "result")
    with storage.write(uri) as file:
        file.write(bytes(1 << 20))
        file.flush()
        assert not Path(uri).exists()
    assert Path(uri).stat().st_size == 1 << 20


def test_an_output_is_never_overwritten(storage: OutputStorage, root: str) -> None:
    stored = write(storage, b"first")
    with pytest.raises(FileExistsError):
        write(storage, b"second")
    assert storage.read(uri_of(stored), stored.digest) == b"first"
    assert names_below(root) == ["step.token.result"]


def test_a_folder_that_can_not_be_written_is_an_operating_system_s_error(tmp_path: Path) -> None:
    (tmp_path / "storage").write_text("a file, where a folder should be")
    with pytest.raises(OSError, match="Not a directory"):
        write(OutputStorage(str(tmp_path / "storage")), b"x")


@pytest.mark.parametrize(
    "key",
    ["train", "work[k1]", "a/b", "..", ".", "", "ünï", "a b", "a\0b", "~", "x" * 400, "x" * 399 + "y", "%2F", "A", "a"],
    ids=repr,
)
def test_any_key_is_one_part_of_the_files_name(storage: OutputStorage, root: str, key: str) -> None:
    plain = storage.location("run", "step", "token", "result")
    uri = storage.location("run", key, "token", key, key)
    assert uri.count("/") == plain.count("/")
    # What it is called while it is written is a little longer; file systems allow 255 bytes.
    assert len(uri.rpartition("/")[2]) < 240
    assert uri.rpartition("/")[2].count(".") == 3
    with storage.write(uri) as file:
        file.write(b"x")
    assert storage.read(uri, file.stored.digest) == b"x"


def test_different_keys_have_different_places(storage: OutputStorage) -> None:
    keys = [
        "a",
        "A",
        "a/b",
        "a%2Fb",
        "a b",
        "a+b",
        "~",
        "%7E",
        "x" * 400,
        "x" * 399 + "y",
        "",
        ".",
        "%2E",
        "\ud800",
        "?",
    ]
    assert len({storage.location("run", key, "token", "result") for key in keys}) == len(keys)
    assert storage.location("r", "s", "t", "o", "k") != storage.location("r", "s", "t", "o")


def test_bytes_that_have_changed_are_told_from_those_that_were_written(storage: OutputStorage) -> None:
    stored = write(storage, b"right")
    overwrite(uri_of(stored), b"wrong")
    with pytest.raises(DamagedBytesError) as damaged:
        storage.read(uri_of(stored), stored.digest)
    assert uri_of(stored) in str(damaged.value)
    assert storage.read(uri_of(stored), "md5:of another kind") == b"wrong"


def test_problems_are_told_of_those_outputs_that_have_one(storage: OutputStorage) -> None:
    names = ("whole", "gone", "shorter", "changed", "unknown size")
    stored = {name: write(storage, b"right", name=name) for name in names}
    remove(uri_of(stored["gone"]))
    overwrite(uri_of(stored["shorter"]), b"w")
    overwrite(uri_of(stored["changed"]), b"wrong")
    stored["unknown size"] = StoredOutput(uri=stored["unknown size"].uri)
    seen = {uri_of(stored["gone"]): GONE, uri_of(stored["shorter"]): DAMAGED}
    assert storage.problems(stored.values(), verify=False) == seen
    assert storage.problems(stored.values(), verify=True) == seen | {uri_of(stored["changed"]): DAMAGED}
    assert storage.problems([], verify=True) == {}


@pytest.mark.parametrize(
    "uri", [None, "table://warehouse/rows", "s3://elsewhere/x", "relative/path", "memory-of-process:1/x"], ids=str
)
def test_what_other_io_managers_store_is_trusted(tmp_path: Path, uri: str | None) -> None:
    output = StoredOutput(uri=uri, digest="sha256:00", size_bytes=1)
    assert OutputStorage(str(tmp_path)).problems([output], verify=True) == {}


def test_a_folder_that_an_io_manager_has_stored_is_looked_for_and_no_more(tmp_path: Path) -> None:
    there, gone = StoredOutput(uri=str(tmp_path), size_bytes=1), StoredOutput(uri=f"{tmp_path}/x", size_bytes=1)
    assert OutputStorage(str(tmp_path)).problems([there, gone], verify=True) == {f"{tmp_path}/x": GONE}


def test_outputs_are_found_after_the_storage_has_moved(tmp_path: Path) -> None:
    before, after = OutputStorage(f"memory://{tmp_path.name}/before"), OutputStorage(str(tmp_path))
    remote, local = write(before, b"remote"), write(after, b"local")
    assert after.read(uri_of(remote), remote.digest) == b"remote"
    assert before.read(uri_of(local), local.digest) == b"local"
    remove(uri_of(local))
    assert before.problems([local, remote], verify=True) == {uri_of(local): GONE}


def test_many_attempts_may_write_at_once(storage: OutputStorage) -> None:
    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(lambda number: write(storage, b"x", step_key=f"step {number}"), range(64)))
    assert storage.problems(stored, verify=True) == {}
    assert len({one.uri for one in stored}) == 64


def test_a_relative_path_means_the_folder_that_it_meant_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    storage = OutputStorage("outputs")
    monkeypatch.chdir("/")
    assert uri_of(write(storage, b"x")).startswith(f"{tmp_path}/outputs/")


@pytest.mark.parametrize("url", ["nosuchstore://ann:secret@host/x", "nosuch::also://x"])
def test_a_store_that_is_not_known_is_a_setting_s_error_without_the_password(url: str) -> None:
    with pytest.raises(InvalidSettingError) as refused:
        OutputStorage(url)
    assert refused.value.name == "DALSEGNO_STORAGE_URL"
    assert "secret" not in refused.value.message


def test_prints_are_kept_as_they_come_and_read_in_parts(storage: OutputStorage, root: str) -> None:
    log = storage.open_log("run", "step", "token", "stdout")
    for line in (b"one\n", b"", b"two\n"):
        log.write(line)
    captured = log.close()
    assert captured is not None
    assert captured.size_bytes == 8
    assert storage.read_log(captured.uri, 0, 100) == b"one\ntwo\n"
    assert storage.read_log(captured.uri, 2, 3) == b"e\nt"
    assert storage.read_log(captured.uri, 8, 100) == b""
    assert captured.uri.startswith(root.removeprefix("file://"))


def test_where_nothing_is_printed_nothing_is_made(storage: OutputStorage, root: str) -> None:
    log = storage.open_log("run", "step", "token", "stderr")
    log.write(b"")
    assert log.close() is None
    assert names_below(root) == []


def test_prints_after_the_end_are_dropped(storage: OutputStorage) -> None:
    log = storage.open_log("run", "step", "token", "stdout")
    log.write(b"in time")
    captured = log.close()
    log.write(b"late")
    assert captured is not None
    assert storage.read_log(captured.uri, 0, 100) == b"in time"


def test_prints_that_can_not_be_kept_fail_nobody(tmp_path: Path) -> None:
    (tmp_path / "storage").write_text("a file, where a folder should be")
    log = OutputStorage(str(tmp_path / "storage")).open_log("run", "step", "token", "stdout")
    log.write(b"lost")
    assert log.close() is None


def test_prints_and_an_output_of_the_same_name_do_not_meet(storage: OutputStorage) -> None:
    log = storage.open_log("run", "step", "token", "stdout")
    log.write(b"printed")
    stored = write(storage, b"output", name="stdout")
    captured = log.close()
    assert isinstance(captured, CapturedLog)
    assert storage.read_log(captured.uri, 0, 100) == b"printed"
    assert storage.read(uri_of(stored), stored.digest) == b"output"


def test_prints_that_are_gone_are_told_as_such(storage: OutputStorage) -> None:
    with pytest.raises(FileNotFoundError):
        storage.read_log(storage.location("run", "step", "token", "stdout"), 0, 10)
