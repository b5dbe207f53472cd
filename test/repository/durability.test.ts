import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { dialects } from '../support/databases.ts';
import { newRun } from './fixtures.ts';
import { useRepository } from './repository.ts';

const ENOUGH = 600;

/** Lets a process write until it has acknowledged enough, kills it in the middle, and answers all that it acknowledged. */
async function acknowledgedBeforeKill(config: DatabaseConfig): Promise<Record<string, Set<string>>> {
  const script = join(import.meta.dirname, 'writer-process.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('close', (_, signal) => resolve(signal)),
  );
  const acknowledged: Record<string, Set<string>> = { run: new Set(), action: new Set(), event: new Set() };
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [what = '', run = ''] = line.split(' ');
    acknowledged[what]?.add(run);
    if (++lines === ENOUGH) child.kill('SIGKILL');
  }
  expect(await closed).toBe('SIGKILL');
  return acknowledged;
}

/** Per run how many rows of each kind there are: a run that exists is complete, or its transaction was not one. */
async function counts(dialect: Dialect) {
  const { rows } = await sql<{
    name: string;
    labels: number;
    roots: number;
    attempts: number;
    queued: number;
    specs: number;
    changes: number;
    children: number;
    succeeded: number;
  }>`
    select r.name,
      (select count(*) from run_labels l where l.run_id = r.id) as labels,
      (select count(*) from actions a where a.run_id = r.id and a.name = 'a0') as roots,
      (select count(*) from actions a join action_attempts t on t.action_id = a.id
        where a.run_id = r.id and a.name = 'a0') as attempts,
      (select count(*) from actions a join action_attempts t on t.action_id = a.id
        join phase_transitions p on p.attempt_id = t.id
        where a.run_id = r.id and a.name = 'a0' and p.phase = 'QUEUED') as queued,
      (select count(*) from actions a join task_specs s on s.digest = a.task_spec_digest
        where a.run_id = r.id and a.name = 'a0') as specs,
      (select count(*) from changes c join actions a on a.id = c.action_id
        where c.run_id = r.id and a.name = 'a0') as changes,
      (select count(*) from actions a where a.run_id = r.id and a.name = 'a1') as children,
      (select count(*) from actions a join action_attempts t on t.action_id = a.id
        where a.run_id = r.id and a.name = 'a1' and a.phase = 'SUCCEEDED' and t.phase = 'SUCCEEDED') as succeeded
    from runs r where r.name like 'killed-%'`.execute(dialect.reader);
  return new Map(rows.map(({ name, ...row }) => [name, row]));
}

describe.each(dialects)('an acknowledged write on $name', ({ name, create }) => {
  it('survives kill -9 under load, once and whole', async () => {
    const database = await create();
    try {
      const acknowledged = await acknowledgedBeforeKill(database.config);
      const dialect = await openDatabase(database.config, 'shared');
      try {
        const found = await counts(dialect);
        expect(acknowledged.event?.size).toBeGreaterThan(20);
        const missing = [...(acknowledged.run ?? [])].filter((run) => !found.has(run));
        expect(missing).toEqual([]);
        for (const [run, row] of found) {
          const { children, succeeded, ...root } = row;
          expect({ run, ...root }).toEqual({
            run,
            labels: 1,
            roots: 1,
            attempts: 1,
            queued: 1,
            specs: 1,
            changes: 1,
          });
          if (acknowledged.action?.has(run)) expect({ run, children }).toEqual({ run, children: 1 });
          if (acknowledged.event?.has(run)) expect({ run, succeeded }).toEqual({ run, succeeded: 1 });
        }
      } finally {
        await dialect.close();
      }
    } finally {
      await database.drop();
    }
  });

  describe('is on the disk when it is acknowledged', () => {
    const repository = useRepository(create);

    it('because the connection that writes waits for the disk', async () => {
      // On the connection that has just written: nothing later may have changed it.
      await repository.writer.submit(createRun(newRun('durable')));
      const setting = name === 'sqlite' ? 'pragma synchronous' : 'show synchronous_commit';
      const { rows } = await sql<object>`${sql.raw(setting)}`.execute(repository.dialect.writer);
      expect(rows).toEqual(name === 'sqlite' ? [{ synchronous: 2 }] : [{ synchronous_commit: 'on' }]);
      if (name !== 'sqlite') return;
      const journal = await sql<object>`pragma journal_mode`.execute(repository.dialect.writer);
      expect(journal.rows).toEqual([{ journal_mode: 'wal' }]);
      const keys = await sql<object>`pragma foreign_keys`.execute(repository.dialect.writer);
      expect(keys.rows).toEqual([{ foreign_keys: 1 }]);
    });
  });
});
