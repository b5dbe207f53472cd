"""Two tasks: `flyte run examples/hello.py main --names '["Ada", "Grace"]'`."""
import flyte

env = flyte.TaskEnvironment(name="hello")


@env.task
async def greet(name: str) -> str:
    print(f"greeting {name}")
    return f"Hello, {name}!"


@env.task
async def main(names: list[str] = ["world"]) -> list[str]:
    return [await greet(name) for name in names]
