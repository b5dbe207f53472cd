"""What scripts/e2e-flyte.ts runs. Each task exercises one thing that Flyte's SDK asks of the service."""
import asyncio
import os
import subprocess
import sys
from datetime import datetime, timedelta

import flyte
import flyte.errors
import flyte.report
from flyte.io import Dir, File

env = flyte.TaskEnvironment(name="e2e")


@env.task
async def tree(depth: int, width: int) -> int:
    """The number of leaves of a tree of tasks."""
    if depth == 0:
        return 1
    return sum(await asyncio.gather(*(tree(depth - 1, width) for _ in range(width))))


@env.task
async def fails(text: str) -> str:
    raise ValueError(text)


@env.task(retries=3)
async def flaky(good_attempt: int) -> int:
    """Fails until its attempt, counted from 1, is good; says which one that was, by what the failed ones left behind."""
    attempt = int(os.environ["FLYTE_ATTEMPT_NUMBER"]) + 1
    before = await flyte.ctx().checkpoint.load()
    known = before.read_text() if before and before.is_file() else ""
    print(f"attempt {attempt} after {known!r}")
    if attempt < good_attempt:
        await flyte.ctx().checkpoint.save(f"{known}{attempt};".encode())
        raise RuntimeError(f"attempt {attempt} is not good")
    return len(known.split(";")) if known else 1


@env.task(retries=3)
async def hopeless() -> None:
    raise flyte.errors.NonRecoverableError("no attempt will be good")


@env.task
async def catches() -> str:
    try:
        return await fails("the child's own words")
    except flyte.errors.RuntimeUserError as error:
        return f"caught {error.code}: {error}"


@flyte.trace
async def measure(text: str) -> int:
    return len(text)


@env.task
async def traces(text: str) -> int:
    return await measure(text) + await measure(text * 2)


@env.task
async def asks(timeout_s: float = 0) -> int:
    """Waits for a person."""
    timeout = timedelta(seconds=timeout_s) if timeout_s else None
    answer = await flyte.new_condition.aio("how_many", prompt="How many?", data_type=int, timeout=timeout)
    try:
        return await answer.wait.aio() + 1
    except flyte.errors.ConditionTimedoutError:
        return -1


@env.task
async def sleeps(seconds: int) -> None:
    """Sleeps together with a process of its own."""
    process = subprocess.Popen(["sleep", str(seconds)])
    print(f"process {process.pid}", flush=True)
    await asyncio.sleep(seconds)


@env.task
async def sleepers(count: int) -> None:
    await asyncio.gather(*(sleeps(600 + index) for index in range(count)))


@env.task
async def talks() -> str:
    """Says something, and goes on when it is told to."""
    print("before the signal", flush=True)
    print("on standard error", file=sys.stderr, flush=True)
    go = await flyte.new_condition.aio("go_on", data_type=bool)
    await go.wait.aio()
    print("after the signal", flush=True)
    return "done"


@env.task(cache=flyte.Cache("override", version_override="1"))
async def remembered(n: int) -> str:
    return f"{n} in {flyte.ctx().action.run_name}"


@env.task
async def remembers(n: int) -> str:
    return await remembered(n)


@env.task(report=True)
async def reports() -> None:
    await flyte.report.log.aio("<h1>Seventeen</h1>", do_flush=True)


@env.task
async def writes(text: str) -> tuple[File, Dir]:
    os.mkdir("folder")
    for name in ("one.txt", "folder/two.txt"):
        with open(name, "w") as file:
            file.write(text)
    return await File.from_local("one.txt"), await Dir.from_local("folder")


@env.task
async def reads(file: File, folder: Dir) -> str:
    async with file.open("rb") as opened:
        text = bytes(await opened.read()).decode()
    path = await folder.download()
    with open(os.path.join(path, "two.txt")) as second:
        return text + second.read()


@env.task
async def files(text: str) -> str:
    return await reads(*await writes(text))


@env.task
async def step(name: str) -> str:
    if name == "broken" and "HEALED" not in os.environ:
        raise RuntimeError("not healed")
    return f"{name} in {flyte.ctx().action.run_name}"


@env.task
async def steps() -> list[str]:
    return [await step("sound"), await step("broken")]


@env.task(timeout=timedelta(seconds=2))
async def too_slow() -> None:
    await asyncio.sleep(60)


@env.task
async def together(count: int) -> int:
    """How many of its children ran at the same time at most."""
    spans = await asyncio.gather(*(span(index) for index in range(count)))
    return max(sum(begin <= other[0] < end for begin, end in spans) for other in spans)


@env.task
async def span(index: int) -> tuple[float, float]:
    begin = datetime.now().timestamp()
    await asyncio.sleep(0.3)
    return begin, datetime.now().timestamp()


secret_env = flyte.TaskEnvironment(
    name="e2e_secrets", secrets=[flyte.Secret("e2e_word"), flyte.Secret("e2e_word", as_env_var="OTHER_NAME")]
)


@secret_env.task
async def knows_secrets() -> bool:
    return os.environ["E2E_WORD"] == os.environ["OTHER_NAME"] == "open sesame"


trigger_env = flyte.TaskEnvironment(name="e2e_triggers")


@trigger_env.task(
    triggers=[
        flyte.Trigger("by_hand", inputs={"text": "by hand"}),
        flyte.Trigger("each_minute", flyte.Cron("* * * * *"), inputs={"at": flyte.TriggerTime, "text": "on time"}),
    ]
)
async def triggered(text: str = "by name", at: datetime | None = None) -> str:
    return f"{text} {at.isoformat() if at else '-'}"
