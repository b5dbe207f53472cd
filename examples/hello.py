"""Two tasks: `flyte run hello.py main --names '["Ada", "Grace"]'`."""
import flyte

env = flyte.TaskEnvironment(name="hello")


@env.task
async def greet(name: str) -> str:
    return f"Hello, {name}!"


@env.task
async def main(names: list[str] = ["world"]) -> list[str]:
    greetings = [await greet(name) for name in names]
    print(*greetings, sep="\n")
    return greetings
