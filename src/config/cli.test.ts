import { expect, test } from 'vitest';
import { configReference, configReferenceTable, parseCommandLine } from '../config.ts';

function run(...args: string[]) {
  let out = '';
  let complaint = '';
  const result = parseCommandLine(
    args,
    '1.2.3',
    (text) => {
      out += text;
    },
    (text) => {
      complaint += text;
    },
  );
  return { result, out, complaint };
}

test('without arguments the service starts with config.yaml', () => {
  expect(run().result).toEqual({ action: 'start', configFile: 'config.yaml' });
  expect(run('--config', 'x.yaml').result).toEqual({ action: 'start', configFile: 'x.yaml' });
});

test('--help and --version answer and end well', () => {
  const help = run('--help');
  expect(help.result).toEqual({ action: 'exit', code: 0 });
  expect(help.out).toContain('--config <file>');
  expect(help.out).toContain('RUNS_WATCH_BUFFER_SIZE (100)');
  expect(run('--version')).toMatchObject({ result: { action: 'exit', code: 0 }, out: '1.2.3\n' });
});

test.each([[['--confg', 'x']], [['extra']], [['--config']]])('%j is refused with exit code 1', (args) => {
  const { result, complaint } = run(...args);
  expect(result).toEqual({ action: 'exit', code: 1 });
  expect(complaint).toMatch(/^error: .*/);
});

test('the reference knows each key once, with a meaning', () => {
  const rows = configReference();
  expect(new Set(rows.map((row) => row.environment)).size).toBe(rows.length);
  expect(rows.filter((row) => !row.meaning.endsWith('.'))).toEqual([]);
  expect(rows).toContainEqual(
    expect.objectContaining({
      key: 'logger.show-source',
      environment: 'LOGGER_SHOW_SOURCE',
      type: 'true or false',
    }),
  );
  expect(configReferenceTable().split('\n')).toHaveLength(rows.length + 3);
});
