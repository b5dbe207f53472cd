import { Code, Stack, Text } from '@mantine/core';
import type { Scope } from '../api/scope.ts';
import { CopyButton } from './copy-button.tsx';
import styles from './first-run.module.css';

const TASK = `import flyte
env = flyte.TaskEnvironment(name="hello")

@env.task
async def main(name: str = "world") -> str:
    return f"Hello, {name}!"`;

interface FirstRunProps {
  readonly scope: Scope;
  /** Whether it shall execute where the lines are typed, and report here. */
  readonly tracked?: boolean;
}

/** A task, and the two lines of Python that make a first run of it in the project. */
export function FirstRun({ scope: { project, domain }, tracked = false }: FirstRunProps) {
  const { host, protocol } = globalThis.location;
  const where = `endpoint="${host}", insecure=${protocol === 'http:' ? 'True' : 'False'}`;
  const which = `project="${project}", domain="${domain}"${tracked ? ', local_tracked=True' : ''}`;
  const run = tracked ? 'flyte.with_runcontext(mode="local").run(hello.main)' : 'flyte.run(hello.main)';
  const lines = `import flyte; flyte.init(${where}, ${which})\nimport hello; print(${run}.url)`;
  return (
    <Stack gap="sm" mt="md" ta="left">
      <Block caption="A task, in a file named hello.py" text={TASK} what="the task" />
      <Block caption="Two lines of Python, beside that file" text={lines} what="the two lines" />
    </Stack>
  );
}

function Block({
  caption,
  text,
  what,
}: {
  readonly caption: string;
  readonly text: string;
  readonly what: string;
}) {
  return (
    <figure className={styles.figure}>
      <Text component="figcaption" size="xs" mb={4}>
        {caption}
      </Text>
      <div className={styles.block}>
        <Code block tabIndex={0} aria-label={caption}>
          {text}
        </Code>
        <CopyButton value={text} what={what} />
      </div>
    </figure>
  );
}
