import { expect, test } from 'vitest';
import type { Config } from './config.ts';
import { createLogger, sourceLogger } from './logger.ts';

function capture(config: Partial<Config['logger']>) {
  const lines: string[] = [];
  const logger = createLogger(
    { level: 'info', showSource: false, format: 'auto', ...config },
    { write: (line) => void lines.push(line) },
  );
  return { logger, lines };
}

test('lines are JSON without a terminal and carry the level by name', () => {
  const { logger, lines } = capture({});
  logger.debug('hidden');
  logger.info({ run: 'r1' }, 'shown');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), run: 'r1', msg: 'shown' },
  ]);
});

test('the source stands in the line only when asked for', () => {
  for (const showSource of [true, false]) {
    const { logger, lines } = capture({ showSource });
    sourceLogger(logger.child({ run: 'r1' }), 'watch').warn('hello');
    const line = JSON.parse(lines[0] ?? '');
    expect(line.source).toBe(showSource ? 'watch' : undefined);
    expect(line.run).toBe('r1');
  }
});

test('pretty lines hold time, level, message and fields in one line', () => {
  const { logger, lines } = capture({ format: 'pretty', showSource: true });
  sourceLogger(logger, 'server').error({ code: 'internal' }, 'it broke');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] ERROR: it broke .*"source":"server".*\n$/);
});

test('secrets are replaced', () => {
  const { logger, lines } = capture({});
  logger.info({ password: 'geheim', headers: { authorization: 'geheim' }, user: 'ok' }, 'login');
  expect(lines[0]).not.toContain('geheim');
  expect(lines[0]).toContain('ok');
});

test('silent logs nothing', () => {
  const { logger, lines } = capture({ level: 'silent' });
  logger.fatal('x');
  expect(lines).toEqual([]);
});
