"""The killer: every named point at least once, then whatever chance says."""

from __future__ import annotations

import random
from collections.abc import Sequence

import anyio
from tests.crash.ground import Ground
from tests.crash.points import SELDOM, Order
from tests.crash.processes import ServerProcess, died_of_kill

_PATIENCE_S = 8.0
_TRIES = 8
_SOON_S, _LATER_S = (0.05, 2.0), (2.0, 6.0)
_PASSES = 12


async def kill_at_points(
    ground: Ground, servers: Sequence[ServerProcess], points: Sequence[str]
) -> list[str]:
    """Let servers kill themselves at each point once, in an order that chance draws.

    Returns:
        The points that no server came to in time.
    """
    chance = random.Random(ground.chance.random())  # noqa: S311 - repeatable
    waiting = [(point, 1) for point in chance.sample(points, len(points))]
    missed: list[tuple[str, int]] = []
    idle: ServerProcess | None = None
    while waiting:
        point, tries = waiting.pop(0)
        # All connections may be with one server: whoever just saw nothing would see nothing again.
        server = chance.choice([one for one in servers if one is not idle] or list(servers))
        idle = None
        server.order(
            Order(point, 1 if tries > 1 or point in SELDOM else chance.randint(1, _PASSES))
        )
        code = await server.ended(_PATIENCE_S)
        if code is None:
            # Nothing of this kind happened: another one may see it.
            idle = server
            server.kill()
            code = await server.ended(_PATIENCE_S)
            (waiting if tries < _TRIES else missed).append((point, tries + 1))
            point = "by hand"
        assert died_of_kill(code), f"a server ended with {code}:\n{ground.logs}"
        ground.kills.append(point)
        server.launch()
    return [point for point, _ in missed]


async def kill_at_random(
    ground: Ground, servers: Sequence[ServerProcess], *, until: float, least: int
) -> None:
    """Kill one server after another, sometimes all at once, at random moments.

    Args:
        ground: Whose.
        servers: Which.
        until: The moment to end, on anyio's clock.
        least: So many kills at least.
    """
    chance = random.Random(ground.chance.random())  # noqa: S311 - repeatable
    done = 0
    while done < least or anyio.current_time() < until:
        # With our receiver away for most of the time, silence would never prove anything.
        pause = chance.choice((_SOON_S, _LATER_S)) if done >= least else _SOON_S
        await anyio.sleep(chance.uniform(*pause))
        dying = list(servers) if chance.random() < 1 / 4 else [chance.choice(list(servers))]
        for server in dying:
            server.kill()
        for server in dying:
            code = await server.ended(_PATIENCE_S)
            assert died_of_kill(code), f"a server ended with {code}:\n{ground.logs}"
            ground.kills.append("at random")
        # Long enough away, now and then, for news to come in vain.
        if chance.random() < 1 / 2:
            await anyio.sleep(chance.uniform(0, 0.5))
        for server in dying:
            server.launch()
        done += len(dying)
