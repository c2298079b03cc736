"""docker-compose.yml: valid, and everything that it refers to is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import yaml
from starlette.applications import Starlette
from starlette.routing import Route
from typer.main import get_command

from dalsegno.api.app import create_app
from dalsegno.cli import app
from dalsegno.output_storage import OutputStorage
from dalsegno.settings import PREFIX, Settings
from dalsegno.store.database import Database

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docker-compose.yml"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
# By name: as .env.example gives it.
EXAMPLE = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if line[:1].isalpha())
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")

ours = pytest.mark.parametrize("name", OURS)


def filled_in(text: str, **given: str) -> str:
    """A text of the file with the variables that are given, else with what stands for them."""
    return _VARIABLE.sub(lambda found: given.get(found[1]) or (found[3] if found[2] == "-" else "") or "", text)


def volumes(name: str) -> list[list[str]]:
    return [filled_in(volume).split(":") for volume in SERVICES[name].get("volumes", [])]


def test_it_is_what_compose_files_may_be():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", FILE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_has_the_database_the_service_and_workers():
    assert set(SERVICES) == {"postgres", "service", "worker"}
    assert set(OURS) == {"service", "worker"}
    # `--scale worker=3` needs that no two of them want the same name or port.
    assert SERVICES["worker"].keys() & {"container_name", "ports"} == set()


@ours
def test_what_it_depends_on_is_a_service_that_tells_its_health(name):
    for needed, how in OURS[name]["depends_on"].items():
        assert how == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[needed]


@ours
def test_its_command_is_one_with_these_options(name):
    program, *arguments = map(filled_in, OURS[name]["command"])
    assert program == "dalsegno"
    command = get_command(app)
    with command.make_context(program, list(arguments)) as context:
        found, sub, rest = command.resolve_command(context, list(arguments))
        parsed = sub.make_context(found, rest, parent=context)
    assert found == {"service": "serve", "worker": "worker"}[name]
    if name == "service":
        assert (parsed.params["host"], parsed.params["port"]) == ("0.0.0.0", 3000)
    else:
        assert parsed.params["file"] is not None


@ours
def test_its_settings_exist_and_can_be_used(name, tmp_path):
    secrets = {"POSTGRES_PASSWORD": "secret", "DALSEGNO_TOKENS": "operator:a-secret-of-this-test"}
    environment = {key: filled_in(value, **secrets) for key, value in OURS[name]["environment"].items()}
    known = {PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)}
    assert set(environment) - known == set()
    settings = Settings.load(environment, tmp_path)
    postgres = SERVICES["postgres"]["environment"]
    assert settings.database_url == (
        f"postgresql+asyncpg://{postgres['POSTGRES_USER']}:secret@postgres:5432/{postgres['POSTGRES_DB']}"
    )


def test_the_service_and_workers_share_the_database_and_the_outputs():
    for setting in ("DALSEGNO_DATABASE_URL", "DALSEGNO_STORAGE_URL"):
        assert len({service["environment"][setting] for service in OURS.values()}) == 1
    for name, service in OURS.items():
        (mounted,) = [volume for volume in volumes(name) if volume[0] == "outputs"]
        assert mounted[1] == service["environment"]["DALSEGNO_STORAGE_URL"]
    # A worker writes there, as the image's own user.
    assert mounted[2:] == []
    assert re.search(rf"install -d -o (\w+) .*{mounted[1]}.*\nUSER \1\n", DOCKERFILE)


def test_every_volume_is_declared_or_lies_in_the_repository():
    for name in SERVICES:
        for volume in volumes(name):
            assert volume[0] in COMPOSE["volumes"] or (ROOT / volume[0]).is_dir()
    used = {volume[0] for name in SERVICES for volume in volumes(name)}
    assert set(COMPOSE["volumes"]) <= used


def test_the_file_of_pipelines_lies_where_it_is_mounted():
    served = Path(filled_in(SERVICES["worker"]["command"][-1]))
    (mounted,) = [volume for volume in volumes("worker") if volume[1] == str(served.parent)]
    assert (ROOT / mounted[0] / served.name).is_file()


def test_every_variable_is_in_the_example_of_env_with_its_default():
    found = {match[1]: match for match in _VARIABLE.finditer(FILE.read_text())}
    assert set(found) == set(EXAMPLE)
    for name, match in found.items():
        # What is secret has no default: without it nothing starts.
        assert (match[2], EXAMPLE[name]) == (("?", "") if match[2] == "?" else ("-", match[3]))


@ours
def test_the_image_is_built_from_what_is_there_and_not_ignored(name):
    context = ROOT / OURS[name]["build"]
    assert (context / "Dockerfile").is_file()
    copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", DOCKERFILE, re.MULTILINE)
    ignored = (context / ".dockerignore").read_text().splitlines()
    assert copied == ["requirements.txt", "backend", "frontend"]
    for path in copied:
        assert (context / path).exists()
        assert "*" in ignored and f"!{path}" in ignored


def test_the_health_of_the_service_is_asked_where_it_is_told(tmp_path):
    (asked,) = re.findall(r"http://127\.0\.0\.1:3000(/\w+)", " ".join(SERVICES["service"]["healthcheck"]["test"]))
    settings = Settings.load({}, tmp_path)
    database = Database.open(settings.database_url)
    service: Starlette = create_app(settings, database, OutputStorage(settings.storage_url))
    database.close()
    assert asked in {route.path for route in service.routes if isinstance(route, Route)}
