"""Tasks that leave behind what they did: what test/flyte/journeys/surviving.ts and test/flyte/fan-out.ts run."""
import asyncio
import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import flyte

env = flyte.TaskEnvironment(name="proofs")


@env.task
async def fan_out(width: int) -> int:
    """As many children at once as it is told to."""
    return sum(await asyncio.gather(*(leaf(index) for index in range(width))))


@env.task
async def leaf(index: int) -> int:
    return index


@env.task
async def parent(folder: str) -> str:
    """Calls one task after the other."""
    with effect(folder, "parent"):
        return await held(folder, await quick(folder))


@env.task
async def quick(folder: str) -> str:
    with effect(folder, "quick"):
        return "quick"


@env.task
async def held(folder: str, before: str) -> str:
    """Does not end before the file of its run is there."""
    with effect(folder, "held"):
        while not Path(folder, f"go.{flyte.ctx().action.run_name}").exists():
            await asyncio.sleep(0.05)
        return f"{before} and held"


@contextmanager
def effect(folder: str, task: str) -> Iterator[None]:
    """Notes the beginning and the end of what an action does, and whether another process does the same at that time."""
    action = flyte.ctx().action
    with open(os.path.join(folder, f"lock.{action.run_name}.{action.name}"), "a") as lock:
        try:
            # The kernel takes it away when the process ends, however that happens.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(folder, "twice", task, action)
        note(folder, "begin", task, action)
        yield
        note(folder, "end", task, action)


def note(folder: str, what: str, task: str, action: flyte.models.ActionID) -> None:
    line = f"{what} {task} {action.run_name} {action.name} {os.environ['FLYTE_ATTEMPT_NUMBER']}\n"
    # One write to the end of a file: lines of several processes don't mix.
    file = os.open(os.path.join(folder, "effects"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)
