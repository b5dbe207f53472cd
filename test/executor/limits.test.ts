import { writeFile } from 'node:fs/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { SettingsSchema, SettingState } from '../../src/gen/flyteidl2/settings/settings_definition_pb.js';
import { insertSettings } from '../../src/repository/settings.ts';
import { createPostgresDatabase, dialects } from '../support/databases.ts';
import { type Bench, makeExecutor, SUCCEED, useBench } from './harness.ts';

/** Says that it is there, and ends once it is let go. */
const WAIT = `echo "$ACTION_NAME" >> "$2/up"; until [ -e "$2/go-$ACTION_NAME" ]; do sleep 0.02; done; ${SUCCEED}`;

/** Lets everything below the root end, and answers how many processes there were at once at most. */
async function mostAtOnce(bench: Bench): Promise<number> {
  let most = 0;
  await bench.until(async () => {
    const rows = await bench.dialect.reader.selectFrom('executions').select(['state', 'depth']).execute();
    most = Math.max(most, rows.filter(({ state }) => state === 'STARTING' || state === 'RUNNING').length);
    return rows.every(({ state, depth }) => state === 'DONE' || depth === 0);
  });
  return most;
}

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

  test.each(['run', 'settings'])(
    'no more actions of a run have a process at once than its %s allow',
    async (whose) => {
      const bench = await open();
      const limit = { state: SettingState.VALUE, intValue: 3n };
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
      const runSpec = whose === 'run' ? { maxActionConcurrency: 3 } : {};
      await bench.run('r1', { script: WAIT, args: [bench.folder], runSpec });
      const children = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];
      for (const name of children) await bench.child('r1', name, { script: `sleep 0.05; ${SUCCEED}` });
      expect(await mostAtOnce(bench)).toBe(3);
      await writeFile(bench.file('go-a0'), '');
      await bench.untilPhase('r1', 'SUCCEEDED');
    },
  );

  test('a bound of one lets a nested run finish: one works at a time, those that wait for children wait', async () => {
    const bench = await open();
    await bench.start();
    const task = { script: WAIT, args: [bench.folder] };
    await bench.run('r1', { ...task, runSpec: { maxActionConcurrency: 1 } });
    await bench.until(async () => (await bench.lines('up')).length === 1);
    const tree = { a0: ['c1', 'c2'], c1: ['d1', 'd2'], c2: ['e1'] };
    const begun = async (count: number) => {
      await bench.until(async () => (await bench.lines('up')).length === count);
      return (await bench.lines('up')).slice(1);
    };
    for (const name of tree.a0) await bench.child('r1', name, task, 'a0');
    expect(await begun(2)).toEqual(['c1']);
    for (const name of tree.c1) await bench.child('r1', name, task, 'c1');
    expect(await begun(3)).toEqual(['c1', 'd1']);
    for (const [name, next] of [
      ['d1', 'd2'],
      ['d2', undefined],
    ] as const) {
      await writeFile(bench.file(`go-${name}`), '');
      await bench.untilPhase('r1', 'SUCCEEDED', name);
      if (next !== undefined) await bench.until(async () => (await bench.lines('up')).includes(next));
    }
    // Nothing of it runs while c1 works again.
    expect(await bench.lines('up')).not.toContain('c2');
    await writeFile(bench.file('go-c1'), '');
    await bench.until(async () => (await bench.lines('up')).includes('c2'));
    for (const name of tree.c2) await bench.child('r1', name, task, 'c2');
    for (const name of ['e1', 'c2', 'a0']) {
      await bench.until(async () => (await bench.lines('up')).includes(name));
      await writeFile(bench.file(`go-${name}`), '');
      await bench.untilPhase('r1', 'SUCCEEDED', name);
    }
    expect(await bench.lines('up')).toEqual(['a0', 'c1', 'd1', 'd2', 'c2', 'e1']);
  });

  test('many parents that all wait for children can not keep those from starting', async () => {
    const bench = await open();
    const executor = await bench.start({ maxProcesses: 2 });
    const runs = Array.from({ length: 8 }, (_, i) => `r${i}`);
    const names = ['a0', 'c1', 'c2'];
    // Each ends when what is below it has ended; the last one at once.
    const task = (name: string) => {
      const child = names[names.indexOf(name) + 1];
      const wait = child === undefined ? '' : `until [ -e "$2/$RUN_NAME-${child}" ]; do sleep 0.02; done;`;
      const script = `echo "$RUN_NAME $ACTION_NAME" >> "$2/up"; ${wait} : > "$2/$RUN_NAME-$ACTION_NAME"; ${SUCCEED}`;
      return { script, args: [bench.folder] };
    };
    for (const run of runs) await bench.run(run, task('a0'));
    let most = 0;
    for (let seen = 0; seen < runs.length * names.length; ) {
      await bench.until(async () => (await bench.lines('up')).length > seen);
      most = Math.max(most, executor.running);
      const [run = '', name = ''] = (await bench.lines('up'))[seen++]?.split(' ') ?? [];
      const child = names[names.indexOf(name) + 1];
      if (child !== undefined) await bench.child(run, child, task(child), name);
    }
    for (const run of runs) await bench.untilPhase(run, 'SUCCEEDED');
    // A level that finds no slot takes one beyond them, for as long as everything waits for it.
    expect(most).toBeLessThanOrEqual(3);
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

  test('together they keep the bound of a run', async () => {
    const bench = await open();
    const nodes = ['one', 'two', 'three'].map((node) =>
      makeExecutor(bench, { node, lockFile: bench.file(`lock-${node}`), pollMs: 10 }),
    );
    await Promise.all(nodes.map((executor) => executor.start()));
    await bench.run('r1', { script: WAIT, args: [bench.folder], runSpec: { maxActionConcurrency: 3 } });
    const children = Array.from({ length: 20 }, (_, i) => `c${i}`);
    await Promise.all(children.map((name) => bench.child('r1', name, { script: `sleep 0.02; ${SUCCEED}` })));
    expect(await mostAtOnce(bench)).toBe(3);
    await writeFile(bench.file('go-a0'), '');
    await bench.untilPhase('r1', 'SUCCEEDED');
    await Promise.all(nodes.map((executor) => executor.stop()));
    const used = await bench.dialect.reader.selectFrom('executions').select('node').distinct().execute();
    expect(used.length).toBeGreaterThan(1);
  });
});
