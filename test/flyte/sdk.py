"""What the command line has no word for: `python sdk.py HOST:PORT PROJECT DOMAIN WHAT ...`, which prints what came of it."""
import sys

import flyte
import flyte.errors
import flyte.remote
import tasks


def run() -> None:
    """Runs a task from here, waits for it and reads its outputs."""
    run = flyte.with_runcontext(name=argument(0), labels={"by": "sdk"}).run(tasks.tree, depth=1, width=2)
    run.wait(quiet=True)
    print("answer", run.outputs()[0], flyte.remote.Run.get(argument(0)).phase)


def report() -> None:
    print(flyte.remote.Run.get(argument(0)).get_report())


def by_name() -> None:
    """Runs a deployed task in its newest version."""
    task = flyte.remote.Task.get(argument(1), auto_version="latest")
    run = flyte.with_runcontext(name=argument(0)).run(task, text="from the SDK")
    run.wait(quiet=True)
    print("answer", run.outputs()[0])


def fire() -> None:
    """Starts a task by its trigger."""
    trigger = flyte.remote.Trigger.get(name=argument(2), task_name=argument(1))
    run = flyte.with_runcontext(name=argument(0)).run(trigger)
    run.wait(quiet=True)
    print("answer", run.outputs()[0])


def rerun() -> None:
    """Runs an earlier run again, with another input."""
    run = flyte.with_runcontext(name=argument(0)).rerun(argument(1), names=["Grace"])
    run.wait(quiet=True)
    print("answer", run.outputs()[0])


def error() -> None:
    try:
        flyte.remote.Run.get(argument(0)).raise_for_status()
    except flyte.errors.RuntimeUserError as failure:
        print("raised", failure)


def argument(index: int) -> str:
    return sys.argv[5 + index]


if __name__ == "__main__":
    _, endpoint, project, domain, what, *_ = sys.argv
    flyte.init(endpoint=endpoint, insecure=True, project=project, domain=domain)
    {"run": run, "report": report, "by_name": by_name, "fire": fire, "rerun": rerun, "error": error}[what]()
