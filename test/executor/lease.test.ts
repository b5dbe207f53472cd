import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { Lease } from '../../src/executor/lease.ts';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { takeOver } from '../../src/repository/executor-leases.ts';
import { dialects } from '../support/databases.ts';
import { type Bench, useBench } from './harness.ts';

const LEASE_MS = 120_000;
const MOMENT_MS = LEASE_MS / 12;

describe.each(dialects)('the lease of an executor on $name', ({ create }) => {
  const open = useBench(create);
  const leases: Lease[] = [];
  afterEach(async () => {
    await Promise.all(leases.splice(0).map((lease) => lease.stop()));
  });

  /** A lease whose clock stands still unless it is moved. */
  function leaseOf(bench: Bench, options: { dialect?: Dialect; startAt?: number } = {}) {
    const { dialect = bench.dialect, startAt = 1_000_000 } = options;
    let now = startAt;
    let lost = 0;
    const lease = new Lease({
      dialect,
      clock: bench.clock,
      logger: pino({ level: 'silent' }),
      node: 'one',
      earlierName: 'one of old',
      leaseMs: LEASE_MS,
      file: bench.file('lease'),
      uptimeMs: () => now,
    });
    leases.push(lease);
    return {
      acquire: () =>
        lease.acquire(() => {
          lost++;
        }),
      advance: (ms: number) => {
        now += ms;
        lease.wake();
      },
      stop: () => lease.stop(),
      lost: () => lost,
      file: async () => (await readFile(bench.file('lease'), 'utf8')).trim().split(' '),
    };
  }

  const row = (bench: Bench) =>
    bench.dialect.reader.selectFrom('executors').selectAll().executeTakeFirstOrThrow();

  test('is prolonged twelve times in its length, and the file says until when its processes may run', async () => {
    const bench = await open();
    const lease = leaseOf(bench);
    const { term } = await lease.acquire();
    expect(await lease.file()).toEqual(['1090', term]);
    expect(await row(bench)).toMatchObject({ node: 'one', beat: 1, lease_ms: LEASE_MS });
    lease.advance(MOMENT_MS);
    await bench.until(async () => (await lease.file())[0] === '1100');
    expect(await row(bench)).toMatchObject({ beat: 2 });
    expect(lease.lost()).toBe(0);
  });

  test('that another one took over is lost at the next sign of life, and its processes can not be mistaken for those of the next', async () => {
    const bench = await open();
    const lease = leaseOf(bench);
    const { term } = await lease.acquire();
    const { beat } = await row(bench);
    expect(await takeOver(bench.dialect, { node: 'one', beat }, 'two', () => 'token')).toEqual([]);
    lease.advance(MOMENT_MS);
    await bench.until(async () => lease.lost() === 1);
    const again = await lease.acquire();
    expect(again.term).not.toBe(term);
    expect((await lease.file())[1]).toBe(again.term);
  });

  test('that gave a sign of life in between can not be taken over', async () => {
    const bench = await open();
    const lease = leaseOf(bench);
    await lease.acquire();
    const { beat } = await row(bench);
    lease.advance(MOMENT_MS);
    await bench.until(async () => (await row(bench)).beat > beat);
    await takeOver(bench.dialect, { node: 'one', beat }, 'two', () => 'token');
    expect((await row(bench)).holder).not.toBeNull();
    lease.advance(MOMENT_MS);
    await bench.until(async () => (await row(bench)).beat > beat + 1);
    expect(lease.lost()).toBe(0);
  });

  test('is lost after three quarters of its length without the database, and taken again when that is back', async () => {
    const bench = await open();
    let away = false;
    const dialect: Dialect = {
      ...bench.dialect,
      get writer() {
        if (away) throw new Error('the database is away');
        return bench.dialect.writer;
      },
    };
    const lease = leaseOf(bench, { dialect });
    await lease.acquire();
    away = true;
    lease.advance(LEASE_MS * 0.75 - 1);
    expect(lease.lost()).toBe(0);
    lease.advance(1);
    expect(lease.lost()).toBe(1);
    await expect(lease.acquire()).rejects.toThrow('away');
    away = false;
    await lease.acquire();
    lease.advance(1);
    expect(lease.lost()).toBe(1);
  });

  test.each([
    ['goes on', 89_000, true],
    ['that was over begins anew', 91_000, false],
  ])('of a predecessor %s for its processes', async (_, later, same) => {
    const bench = await open();
    const first = leaseOf(bench);
    const { term } = await first.acquire();
    await first.stop();
    const second = leaseOf(bench, { startAt: 1_000_000 + later });
    expect((await second.acquire()).term === term).toBe(same);
  });
});
