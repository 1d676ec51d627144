"""The ground of a drill: the vendor, the settings, the processes, the senders and the readers."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx
from tests.crash.people import Senders
from tests.crash.points import Order
from tests.crash.processes import ServerProcess, died_of_kill
from tests.crash.program import Start
from tests.crash.readers import Reader
from tests.crash.vendor import ACCOUNT, Vendor, running_vendor
from tests.ports import free_port

import relevo

API = "/api/v1/messaging"
ATTEMPT_S = 1.0
LEASE_S = 2.0
BEAT_S = 0.25
RECONCILE_AFTER_S = 2
_WORKER = {
    "attempt_s": ATTEMPT_S,
    "lease_s": LEASE_S,
    "max_attempts": 100,
    "retry_base_s": 0.1,
    "retry_cap_s": 0.5,
}
ALONE = {"all": relevo.Role.ALL}
TEAM = {
    "api 1": relevo.Role.API,
    "api 2": relevo.Role.API,
    "worker 1": relevo.Role.WORKER,
    "worker 2": relevo.Role.WORKER,
}
_NEWS_EVERY_S = 0.2
_LOG_SHOWN = 8_000
_LOOK_EVERY_S = 0.1
_READY_WITHIN_S = 30.0
CALM = {
    "story": ["sent", "delivered"],
    "status_after_s": 0.05,
    "batch": 4,
    "batch_wait_s": 0.05,
    "retry_base_s": 0.1,
    # Our rule expects news at most as late again as our receiver was away.
    "retry_cap_s": 0.8,
}
FAULTS: Sequence[Mapping[str, Any]] = (
    {"times": None, "rate": 0.02, "taken": True, "cut": True},
    {"times": None, "rate": 0.02, "taken": False, "cut": True},
    {"times": None, "rate": 0.01, "taken": False, "status": 500},
    {"times": None, "rate": 0.01, "taken": True, "status": 500},
    {"times": None, "rate": 0.01, "taken": False, "code": 131000, "status": 500},
    # Longer than an attempt may take.
    {"times": None, "rate": 0.005, "taken": True, "cut": True, "delay_s": 2 * ATTEMPT_S},
)
"""Takes it and cuts; cuts; 500 without a body, taken or not; surely not taken; slow."""


@dataclass
class Ground:
    """Everything that one drill stands on.

    Args:
        folder: Where its files are.
        engine: The engine's address.
        vendor: The sandbox.
        url: The API.
        chance: What everything is drawn from.
        slots: How many attempts a worker makes at once.
        terms: The account's.
    """

    folder: Path
    engine: str
    vendor: Vendor
    url: str
    chance: random.Random
    slots: int
    terms: dict[str, Any]
    servers: dict[str, ServerProcess] = field(default_factory=dict)
    """Its processes, by name."""
    kills: list[str] = field(default_factory=list)
    """What was killed, or the point at which it killed itself."""

    @property
    def marks(self) -> list[str]:
        """The points at which processes have killed themselves."""
        file = self.folder / "marks"
        return file.read_text("utf-8").splitlines() if file.exists() else []

    @property
    def logs(self) -> str:
        """What the servers have written last."""
        logs = sorted(self.folder.glob("*.log"))
        return "".join(path.read_text("utf-8")[-_LOG_SHOWN:] for path in logs)

    def senders(self, count: int = 60, every_s: float = 2.0) -> Senders:
        """Make senders to so many people."""
        return Senders(self.url, count, every_s, random.Random(self.chance.random()))  # noqa: S311 - repeatable

    def readers(self, count: int = 3) -> list[Reader]:
        """Make readers of the whole log."""
        return [
            Reader(self.url, random.Random(self.chance.random()))  # noqa: S311 - repeatable
            for _ in range(count)
        ]

    def change_account(self, **terms: Any) -> None:
        """Write other terms of the account into the settings; for processes started after."""
        self.terms.update(terms)
        self.write_settings()

    def write_settings(self) -> None:
        """Write what every process reads when it starts."""
        account = {"pair_pace": False, "rate": 1000, **self.vendor.account, **self.terms}
        tables = {
            "worker": {**_WORKER, "slots": self.slots},
            "server": {"heartbeat_s": 0.5},
            f"accounts.{ACCOUNT}": account,
        }
        lines = [f"engine = {json.dumps(self.engine)}"]
        for name, table in tables.items():
            lines += ["", f"[{name}]"]
            # JSON's numbers, strings and truth are TOML's.
            lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        self.config.write_text("\n".join(lines), "utf-8")

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "relevo.toml"

    async def start(self, order: Order | None = None) -> None:
        """Start every process, and wait until all serve."""
        for server in self.servers.values():
            server.launch(order)
        for server in self.servers.values():
            assert await server.ready(), self.logs

    async def standing(self) -> dict[str, Any]:
        """Give what waits, as the server tells it."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            for _ in range(round(_READY_WITHIN_S / _LOOK_EVERY_S)):
                try:
                    answer = await client.get(self.url.removesuffix(API) + "/health/ready")
                except httpx.TransportError:
                    await anyio.sleep(_LOOK_EVERY_S)
                    continue
                if answer.is_success:
                    return dict(answer.json()["engine"])
                await anyio.sleep(_LOOK_EVERY_S)
        msg = f"the server was not ready:\n{self.logs}"
        raise AssertionError(msg)

    def check_alive(self) -> None:
        """Check that no process has ended by itself."""
        for name, server in self.servers.items():
            by_itself = server.exit_code is not None and not died_of_kill(server.exit_code)
            assert not by_itself, f"{name} ended by itself:\n{self.logs}"

    async def until(
        self, over: Callable[[dict[str, Any]], bool], within_s: float, *, news: bool = True
    ) -> dict[str, Any]:
        """Wait until what the server tells is as wanted, while news of the account come."""
        standing: dict[str, Any] = {}
        with anyio.move_on_after(within_s):
            async with anyio.create_task_group() as tasks:
                if news:
                    tasks.start_soon(self.let_people_write)
                while not over(standing := await self.standing()):
                    self.check_alive()
                    await anyio.sleep(_LOOK_EVERY_S)
                tasks.cancel_scope.cancel()
            return standing
        doubts = await self._explain_doubts()
        msg = f"it did not heal within {within_s:g} s: {standing}\n{doubts}\n{self.logs}"
        raise AssertionError(msg)

    async def until_told(self, within_s: float) -> None:
        """Wait until every echo of what the vendor took has been taken by us."""
        with anyio.fail_after(within_s):
            while not all(one.told for one in self.vendor.taken()):
                await anyio.sleep(_LOOK_EVERY_S)

    async def _explain_doubts(self) -> list[Any]:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=10) as client:
            page = (await client.get("/messages", params={"status": "unknown"})).json()
            return [
                (await client.get(f"/messages/{row['id']}")).json()["standing"]
                for row in page["items"][:5]
            ]

    async def let_people_write(self) -> None:
        """Let news of the account come all the time: only then can silence prove something."""
        while True:
            await anyio.to_thread.run_sync(self.vendor.let_write, "15550199999")
            await anyio.sleep(_NEWS_EVERY_S)


@asynccontextmanager
async def made_ground(
    folder: Path,
    engine: str,
    roles: Mapping[str, relevo.Role],
    seed: int,
    *,
    slots: int = 8,
    **terms: Any,
) -> AsyncIterator[Ground]:
    """Make a drill's ground; its processes are not started yet, and all gone at the end.

    Args:
        folder: Where its files go.
        engine: The engine's address.
        roles: What processes there are, and what each does.
        seed: What chance is drawn from.
        slots: How many attempts a worker makes at once.
        terms: Of the account.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}{API}"
    with ExitStack() as stack:
        vendor = stack.enter_context(running_vendor(url, folder / "sandbox.txt"))
        vendor.behave(**CALM)
        chance = random.Random(seed)  # noqa: S311 - repeatable
        ground = Ground(folder, engine, vendor, url, chance, slots, terms)
        ground.write_settings()
        for name, role in roles.items():
            start = Start(
                config=ground.config,
                role=role,
                port=port if role.receives else free_port(),
                log=folder / f"{name}.log",
                marks=folder / "marks",
                beat_s=BEAT_S,
                workers=2 if role is relevo.Role.ALL else 1,
            )
            ground.servers[name] = server = ServerProcess(start)
            stack.callback(server.close)
        yield ground
