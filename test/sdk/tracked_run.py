"""Runs tasks on this machine and lets the SDK report them to a service: `python tracked_run.py HOST:PORT RUN_NAME [fail]`.

The tree of a run, which scripts/e2e-sdk.ts looks for:

    main                    (a report, an output)
    ├── square × 3          (in the group "squares")
    ├── total
    │   ├── square
    │   └── note            (a trace)
    ├── unsteady            (fails once, then succeeds)
    └── divide              (fails for good; main catches it, unless `fail` is given)
"""

import asyncio
import sys

import flyte
import flyte.errors
import flyte.report

env = flyte.TaskEnvironment(name="orders")
calls = 0


@env.task
async def square(n: int) -> int:
    return n * n


@flyte.trace
async def note(text: str) -> str:
    return f"noted: {text}"


@env.task
async def total(numbers: list[int]) -> int:
    await note(f"{len(numbers)} numbers")
    return sum(numbers) + await square(0)


@env.task(retries=1)
async def unsteady() -> str:
    global calls
    calls += 1
    if calls == 1:
        raise flyte.errors.RuntimeUserError("Unsteady", "not yet")
    return "steady"


@env.task
async def divide(a: int, b: int) -> float:
    return a / b


@env.task(report=True)
async def main(n: int, fail: bool) -> int:
    with flyte.group("squares"):
        squares = await asyncio.gather(*(square(i + 1) for i in range(n)))
    result = await total(list(squares))
    await unsteady()
    try:
        await divide(result, 0)
    except Exception:
        if fail:
            raise
    await flyte.report.log.aio(f"<p>The sum is {result}.</p>", do_flush=True)
    return result


if __name__ == "__main__":
    endpoint, name, *mode = sys.argv[1:]
    flyte.init(
        endpoint=endpoint,
        insecure=True,
        project="sdk",
        domain="development",
        local_tracked=True,
        # A report that the service refuses fails this script.
        local_tracked_strict=True,
    )
    run = flyte.with_runcontext(mode="local", name=name, labels={"team": "sales"}).run(
        main, n=3, fail=mode == ["fail"]
    )
    print("outputs:", run.outputs())
