import { writeFile } from 'node:fs/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { SettingsSchema, SettingState } from '../../src/gen/flyteidl2/settings/settings_definition_pb.js';
import { insertSettings } from '../../src/repository/settings.ts';
import { createPostgresDatabase, dialects } from '../support/databases.ts';
import { makeExecutor, SUCCEED, useBench } from './harness.ts';

/** Says that it is there, and ends once it is let go. */
const WAIT = `echo "$ACTION_NAME" >> "$2/up"; until [ -e "$2/go-$ACTION_NAME" ]; do sleep 0.02; done; ${SUCCEED}`;

describe.each(dialects)('limits on $name', ({ create: createDatabase }) => {
  const open = useBench(createDatabase);

  test('a tree that is deeper than there are slots finishes: children of what waits for them start beyond the limit', async () => {
    const bench = await open();
    await bench.start({ maxProcesses: 1 });
    const task = { script: WAIT, args: [bench.folder] };
    const names = ['a0', 'c1', 'c2', 'c3'];
    await bench.run('r1', task);
    await bench.run('other', task);
    for (const [depth, name] of names.entries()) {
      await bench.until(async () => (await bench.lines('up')).length > depth);
      expect(await bench.lines('up')).toEqual(names.slice(0, depth + 1));
      const next = names[depth + 1];
      if (next !== undefined) await bench.child('r1', next, task, name);
    }
    for (const name of names.toReversed()) {
      await writeFile(bench.file(`go-${name}`), '');
      await bench.untilDone('r1', name);
      expect((await bench.action('r1', name)).phase).toBe('SUCCEEDED');
    }
    await bench.untilDone('other');
    const depths = await Promise.all(names.map(async (name) => (await bench.execution('r1', name)).depth));
    expect(depths).toEqual([0, 1, 2, 3]);
  });

  test.each(['run', 'settings'])('no more actions of a run work at once than its %s allow', async (whose) => {
    const bench = await open();
    const limit = { state: SettingState.VALUE, intValue: 2n };
    const settings = whose === 'run' ? {} : { run: { maxActionConcurrency: limit } };
    await insertSettings(bench.dialect.writer, {
      org_key: '',
      project: '',
      domain: 'd',
      settings: toBinary(SettingsSchema, create(SettingsSchema, settings)),
      version: 1,
      org: '',
      updated_at: bench.clock(),
    });
    await bench.start();
    const runSpec = whose === 'run' ? { maxActionConcurrency: 2 } : {};
    await bench.run('r1', { script: WAIT, args: [bench.folder], runSpec });
    const children = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];
    for (const name of children) await bench.child('r1', name, { script: `sleep 0.05; ${SUCCEED}` });
    let most = 0;
    await bench.until(async () => {
      const rows = await bench.dialect.reader.selectFrom('executions').select(['state', 'depth']).execute();
      const below = rows.filter(({ depth }) => depth > 0);
      most = Math.max(most, below.filter(({ state }) => state === 'STARTING' || state === 'RUNNING').length);
      return below.every(({ state }) => state === 'DONE');
    });
    expect(most).toBe(2);
    await writeFile(bench.file('go-a0'), '');
    await bench.untilPhase('r1', 'SUCCEEDED');
  });

  test('twenty runs share few slots, and all of them finish', async () => {
    const bench = await open();
    const executor = await bench.start({ maxProcesses: 3 });
    const names = Array.from({ length: 20 }, (_, i) => `r${i}`);
    for (const name of names)
      await bench.run(name, { script: `echo x >> "$2/ran"; ${SUCCEED}`, args: [bench.folder] });
    let most = 0;
    await bench.until(async () => {
      most = Math.max(most, executor.running);
      const rows = await bench.dialect.reader.selectFrom('executions').select('state').execute();
      return rows.every(({ state }) => state === 'DONE');
    });
    expect(most).toBeLessThanOrEqual(3);
    expect(await bench.lines('ran')).toHaveLength(20);
  });
});

describe('several executors on postgres', () => {
  const open = useBench(createPostgresDatabase);

  test('each action is taken by one of them', async () => {
    const bench = await open();
    const nodes = ['one', 'two', 'three'].map((node) =>
      makeExecutor(bench, { node, lockFile: bench.file(`lock-${node}`), pollMs: 10 }),
    );
    const names = Array.from({ length: 30 }, (_, i) => `r${i}`);
    await Promise.all(nodes.map((executor) => executor.start()));
    const task = { script: `echo "$RUN_NAME" >> "$2/ran"; ${SUCCEED}`, args: [bench.folder] };
    await Promise.all(names.map((name) => bench.run(name, task)));
    await bench.until(async () => {
      const rows = await bench.dialect.reader.selectFrom('executions').select('state').execute();
      return rows.every(({ state }) => state === 'DONE');
    });
    await Promise.all(nodes.map((executor) => executor.stop()));
    expect((await bench.lines('ran')).sort()).toEqual(names.toSorted());
    const used = await bench.dialect.reader.selectFrom('executions').select('node').distinct().execute();
    expect(used.length).toBeGreaterThan(1);
  });
});
