import { expect, test } from 'vitest';
import { attemptFolder, attemptLogFile, outputPrefix, runBase } from './places.ts';

const run = {
  stored: { org_key: '', project: 'p', domain: 'd', name: 'r1' },
  createdAt: '2026-11-21T00:48:14.123456Z',
};

test('an attempt has a folder of its own, and its log in it', () => {
  const place = { ...run, action: 'a0', attempt: 2 };
  expect(attemptFolder('/work', place)).toBe('/work/runs/p/d/r1/20261121T004814123456/a0/2');
  expect(attemptLogFile('/work', place)).toBe('/work/runs/p/d/r1/20261121T004814123456/a0/2/log');
  expect(runBase(run)).toBe('runs/p/d/r1/20261121T004814123456');
  expect(runBase({ ...run, stored: { ...run.stored, org_key: 'acme' } })).toMatch(/^runs\/@acme\/p\//);
  expect(outputPrefix('/store/base/', 'a0', 1)).toBe('/store/base/a0/1');
});

test.each(['..', '.', '../../etc', 'a/b', 'ö', 'x'.repeat(255), '…'.repeat(200), '%2E'])(
  'no name of an action leads elsewhere: %s',
  (action) => {
    const folder = attemptFolder('/work', { ...run, action, attempt: 1 });
    const segments = folder.split('/');
    expect(folder.startsWith('/work/runs/p/d/r1/20261121T004814123456/')).toBe(true);
    expect(segments).toHaveLength(9);
    expect(Math.max(...segments.map((one) => one.length))).toBeLessThanOrEqual(150);
  },
);

test('names that differ have folders that differ', () => {
  const names = ['a/b', 'a%2Fb', 'a', '.a', '%2Ea', 'x'.repeat(200), 'x'.repeat(201)];
  const folders = names.map((action) => attemptFolder('/work', { ...run, action, attempt: 1 }));
  expect(new Set(folders).size).toBe(names.length);
});
