"""What the container files name exists, and they name what the code reads."""

import re

import pytest

from engine.training.files import LOCATION_VARIABLE
from pages.common import classroom, logs, memory, startup
from tests.load.servers import ROOT

DOCKERFILE = (ROOT / "hosting" / "Dockerfile").read_text()
COMPOSE = (ROOT / "hosting" / "compose.yaml").read_text()
NGINX = (ROOT / "hosting" / "nginx.conf").read_text()
README = (ROOT / "hosting" / "README.md").read_text()
#: What the image gets from here.
COPIED = re.findall(r"^COPY (?:--chown=\w+ )?(\S+) \S+$", DOCKERFILE, re.MULTILINE)


def test_everything_copied_into_the_image_exists() -> None:
    assert {"requirements.txt", "streamlit_app.py", "engine", "pages"} <= set(COPIED)
    assert [path for path in COPIED if not (ROOT / path).exists()] == []


def test_the_image_has_all_that_the_entry_point_imports() -> None:
    copied = set(COPIED)
    packages = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    imported = set()
    for path in (
        ROOT / "streamlit_app.py",
        *ROOT.glob("pages/**/*.py"),
        *ROOT.glob("engine/**/*.py"),
    ):
        imported |= set(re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE))
    assert imported & packages <= copied


@pytest.mark.parametrize("text", [COMPOSE, README], ids=["compose", "readme"])
@pytest.mark.parametrize(
    "variable",
    [
        LOCATION_VARIABLE,
        logs.VARIABLE,
        startup.STATUS_SETTING,
        classroom.LOCATION_SETTING,
        memory.MEMORY_SETTING,
        "FORWARDED_ALLOW_IPS",
    ],
)
def test_the_variables_are_those_that_the_code_reads(text: str, variable: str) -> None:
    assert variable in text


def test_the_health_check_asks_the_port_that_the_server_listens_on() -> None:
    port = re.search(r"--server\.port=(\d+)", DOCKERFILE)
    asked = re.search(r":(\d+)/_stcore/health", DOCKERFILE)
    assert port is not None
    assert asked is not None
    assert port[1] == asked[1]
    assert f"EXPOSE {port[1]}" in DOCKERFILE
    assert all(f"replica-{i}:{port[1]}" in NGINX for i in (1, 2))


def test_a_full_room_may_open_its_files_and_the_image_gets_only_what_it_copies() -> None:
    limit = re.search(r"nofile: (\d+)", COMPOSE)
    assert limit is not None
    assert int(limit[1]) >= startup.FILES_OF_A_ROOM
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == {
        path.split("/")[0] for path in COPIED
    }


def test_no_copy_starts_that_was_not_asked_for() -> None:
    """Of whatever compose starts without being asked by name, each has a profile."""
    services = re.findall(r"^  ([\w-]+):", COMPOSE.partition("\nservices:")[2], re.MULTILINE)
    blocks = re.split(r"^  [\w-]+:", COMPOSE.partition("\nservices:")[2], flags=re.MULTILINE)[1:]
    asked = {name for name, block in zip(services, blocks, strict=True) if "profiles:" in block}
    assert set(services) - {"runs"} == asked


def test_the_proxy_knows_the_copies_that_compose_starts() -> None:
    started = set(re.findall(r"^  (replica-\d+):", COMPOSE, re.MULTILINE))
    known = set(re.findall(r"server (replica-\d+):", NGINX))
    assert started == known
    assert "./nginx.conf" in COMPOSE


def test_everything_that_the_hosting_guide_links_to_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert [link for link in links if not (ROOT / "hosting" / link).exists()] == []
