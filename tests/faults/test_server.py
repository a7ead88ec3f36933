"""Under `streamlit run`: workers that are killed, forged messages, visitors who leave, imports."""

import asyncio
import random
import signal
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed

from engine.places import GRADIENTS, OVERVIEW, PAGES, SEARCH
from pages.common.ask import WORKERS_SETTING
from tests.faults import telling_server
from tests.load.mixes import fresh
from tests.load.servers import ROOT, Server
from tests.load.visitor import Visitor, to_the_end

VISITORS = 2
#: Seconds; a machine that does everything else as well starts workers slowly.
PATIENCE = 300.0
#: What only a worker needs.
OF_WORKERS = (
    "torch", "altair", "scipy", "engine.numerics", "engine.charts", "engine.recurrent.rnn",
    "engine.residual.stack", "engine.decoding.beam", "engine.training.run",
)  # fmt: skip
#: What Streamlit needs for a table, 55 MB of it, and the section that has one to type into.
OF_TABLES, WITH_A_TABLE = ("numpy", "pandas", "pyarrow"), "Your own tree"


@pytest.fixture(scope="module")
def modules_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "modules"


@pytest.fixture(scope="module")
def server(modules_file: Path) -> Iterator[Server]:
    running = Server(
        ("-m", telling_server.__name__, "run", "streamlit_app.py"),
        ROOT,
        {WORKERS_SETTING: "2", telling_server.FILE: str(modules_file)},
    )
    yield running
    running.stop()


def workers(server: Server) -> list[psutil.Process]:
    """The processes that compute; where they are copies of another one, that comes first."""
    alive = [one for one in server.family() if one.status() != psutil.STATUS_ZOMBIE]
    return [one for one in alive if "popen_loky" in " ".join(one.cmdline())]


def visitor(server: Server, page: str, query: str = "", chance: int = 0) -> Visitor:
    return Visitor(server.host, page, random.Random(chance), query, patience=PATIENCE)


@pytest.mark.parametrize("which", [slice(1, 2), slice(0, 2)], ids=["one", "and its original"])
def test_a_worker_that_is_killed_while_pages_ask_is_replaced_and_no_visitor_notices(
    server: Server, which: slice
) -> None:
    to_the_end(_kill_while_pages_ask(server, which))


async def _kill_while_pages_ask(server: Server, which: slice) -> None:
    # On a page with experiments: of all places of one hand the answers are kept within seconds.
    visitors = [visitor(server, GRADIENTS.name, chance=i) for i in range(VISITORS)]
    for one in visitors:
        await one.arrive()
    mix, going_on = fresh(), True

    async def ask(one: Visitor) -> int:
        answers = 0
        while going_on:
            await one.move(mix)  # raises what the page shows as an error
            answers += 1
        return answers

    asking = [asyncio.create_task(ask(one)) for one in visitors]
    await asyncio.sleep(1)
    killed = workers(server)[which]
    for process in killed:
        process.kill()
    await asyncio.sleep(1)
    going_on = False
    assert all([await one for one in asking])
    for one in visitors:
        await one.move(mix)
        await one.leave()
    assert workers(server)
    assert not {*killed} & {*workers(server)}


def test_the_web_process_has_nothing_of_what_workers_compute_with(
    server: Server, modules_file: Path
) -> None:
    for page in PAGES:
        to_the_end(_visit_every_section(server, page.name, but=WITH_A_TABLE))
    loaded = _loaded(server, modules_file)
    assert "streamlit" in loaded
    assert [name for name in (*OF_WORKERS, *OF_TABLES) if name in loaded] == []
    to_the_end(_visit_every_section(server, SEARCH.name))
    assert [name for name in OF_WORKERS if name in _loaded(server, modules_file)] == []


async def _visit_every_section(server: Server, page: str, but: str = "") -> None:
    async with visitor(server, "" if page == OVERVIEW.name else page) as one:
        for name in one.tabs[1:]:
            if name != but:
                one.set("view", name)
                await one.rerun()


def _loaded(server: Server, modules_file: Path) -> set[str]:
    """The modules that the web process has imported."""
    modules_file.unlink(missing_ok=True)
    server.process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + 30
    while not (modules_file.exists() and modules_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return set(modules_file.read_text().split("\n"))


def test_a_message_that_is_too_large_ends_its_connection_and_nobody_elses(server: Server) -> None:
    to_the_end(_send_too_much(server))


async def _send_too_much(server: Server) -> None:
    allowed = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]
    forged = BackMsg()
    forged.rerun_script.widget_states.widgets.add(
        id="any", string_value="x" * (1_000_000 * allowed["maxMessageSize"] + 1_000_000)
    )
    async with visitor(server, "") as other:
        sender = visitor(server, "", chance=1)
        await sender.arrive()
        with pytest.raises((ConnectionClosed, ConnectionResetError)):
            await _send_and_rerun(sender, forged)
        await other.move(fresh())


async def _send_and_rerun(sender: Visitor, message: BackMsg) -> None:
    await sender.send(message)
    await sender.rerun()


def test_what_its_visitor_has_left_is_ended_when_somebody_else_asks_for_something_large(
    server: Server,
) -> None:
    to_the_end(_leave_large_experiments(server))


async def _leave_large_experiments(server: Server) -> None:
    """Six ask for some seconds each, and go; the process that computes is ended, the others' wait."""
    before = set(workers(server))
    for seed in range(6):
        query = f"view=Three+stacks&depth=200&width=64&block_seed={seed}"
        leaver = visitor(server, "resnet_skip", query)
        asking = asyncio.create_task(leaver.arrive())
        await asyncio.sleep(0.5)
        asking.cancel()
        await leaver.leave()
    left = set(workers(server)) - before
    assert left
    async with visitor(server, "vanishing_gradients", "timesteps=500&hidden=60"):
        assert not left & set(workers(server))
