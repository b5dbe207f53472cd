"""Runs a few tasks on this machine and reports them to a runs service: `python examples/orders.py HOST:PORT`.

Needs `pip install flyte`. Nothing here is special to the service but `local_tracked=True`.
"""

import asyncio
import sys

import flyte

env = flyte.TaskEnvironment(name="orders")


@env.task
async def square(n: int) -> int:
    return n * n


@env.task
async def total(numbers: list[int]) -> int:
    return sum(numbers)


@env.task
async def main(n: int) -> int:
    squares = await asyncio.gather(*(square(i + 1) for i in range(n)))
    return await total(list(squares))


if __name__ == "__main__":
    flyte.init(
        endpoint=sys.argv[1],
        insecure=True,
        project="demo",
        domain="development",
        local_tracked=True,
    )
    run = flyte.with_runcontext(mode="local").run(main, n=3)
    print("recorded as", run.url.rsplit("/", 1)[-1])
    print("the total is", run.outputs()[0])
