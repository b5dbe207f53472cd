import { Code, Group } from '@mantine/core';
import { CopyButton } from './copy-button.tsx';

/** The two lines of Python that make a first run in the project. */
export function FirstRun({ project, domain }: { readonly project: string; readonly domain: string }) {
  const { host, protocol } = globalThis.location;
  const insecure = protocol === 'http:' ? 'True' : 'False';
  const lines = [
    `import flyte; flyte.init(endpoint="${host}", insecure=${insecure}, project="${project}", domain="${domain}")`,
    'print(flyte.run(flyte.TaskEnvironment("first").task(lambda name="world": f"Hello, {name}!")).url)',
  ].join('\n');
  return (
    <Group gap="xs" mt="md" justify="center" wrap="nowrap" align="flex-start">
      <Code block ta="left">
        {lines}
      </Code>
      <CopyButton value={lines} what="the lines" />
    </Group>
  );
}
