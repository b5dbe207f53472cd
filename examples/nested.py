"""A task that calls tasks, of which one fails at first, and one for good: `flyte run nested.py main`."""
import asyncio
import os

import flyte
import flyte.errors

env = flyte.TaskEnvironment(name="nested")


@env.task(retries=2)
async def fetch(n: int) -> int:
    if n == 2 and os.environ["FLYTE_ATTEMPT_NUMBER"] == "0":
        raise ConnectionError("no answer; the second attempt gets one")
    return n * 10


@env.task
async def total(upto: int) -> int:
    return sum(await asyncio.gather(*(fetch(n) for n in range(1, upto + 1))))


@env.task
async def check(amount: int) -> None:
    if amount > 50:
        raise ValueError(f"{amount} is too much")


@env.task
async def main(upto: int = 3) -> str:
    amount = await total(upto)
    try:
        await check(amount)
    except flyte.errors.RuntimeUserError as error:
        return f"{amount}, although {error}"
    return str(amount)
