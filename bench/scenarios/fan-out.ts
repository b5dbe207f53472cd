import type { WatchResult } from '../client/watch.ts';
import { runName } from '../client/sources.ts';
import { quantile } from '../support/measure.ts';
import { type BenchDatabase, onPostgres, type Place } from '../support/place.ts';
import { cpuSeconds, machineCpuSeconds } from '../support/processes.ts';
import { less, type Row } from '../support/rows.ts';
import type { Effort, Scenario } from '../support/scenario.ts';
import { type Prepared, withService } from '../support/with-service.ts';

const PER_SECOND = 200;
const GRACE_MS = 10_000;
/** Watchers that one client process can read for without being slow itself. */
const WATCHERS_PER_PROCESS = 125;
/** PostgreSQL's backends publish what they count up to ten seconds later. */
const COUNTED_AFTER_MS = 11_000;

interface FanOut {
  readonly p50: number;
  readonly p99: number;
  readonly lost: number;
  readonly details: string;
  readonly transactionsPerUpdate: number | undefined;
}

interface Options {
  readonly watchers: number;
  readonly items: number;
  readonly what: 'actions' | 'details';
  readonly countTransactions?: boolean;
}

async function fanOut(prepared: Prepared, effort: Effort, options: Options): Promise<FanOut> {
  const { service, database } = prepared;
  const { watchers, items, what } = options;
  const seconds = effort.full ? 20 : 8;
  const updates = Math.max(2, Math.round((PER_SECOND * seconds) / items));
  const target = { url: service.url, run: runName('f', 0), items, updates };
  const clients = Array.from({ length: Math.ceil(watchers / WATCHERS_PER_PROCESS) }, () => prepared.client());
  const share = (i: number) => Math.round((watchers * i) / clients.length);
  await Promise.all(
    clients.map((client, i) =>
      client.run({ kind: 'watch', ...target, from: share(i), to: share(i + 1), what }),
    ),
  );
  const before = options.countTransactions ? await transactions(database) : 0;
  const writer = prepared.client();
  const usage = () => ({
    service: cpuSeconds(service.pid),
    clients: [...clients, writer].reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    machine: machineCpuSeconds(),
  });
  const begin = usage();
  const written = await writer.run({ kind: 'write', ...target, perSecond: PER_SECOND });
  const end = usage();
  const count = items * updates;
  const transactionsPerUpdate = options.countTransactions
    ? ((await transactions(database)) - before) / count
    : undefined;
  const results: WatchResult[] = await Promise.all(
    clients.map((client) => client.run({ kind: 'finish', sentAt: written.sentAt, graceMs: GRACE_MS })),
  );
  const latencies = Float64Array.from(results.flatMap(({ latencies }) => [...latencies])).sort();
  const sum = (of: (result: WatchResult) => number) => results.reduce((all, result) => all + of(result), 0);
  if (sum((result) => result.wentBackwards) > 0) throw new Error('a watch went backwards');
  const cores = (key: keyof typeof begin) => ((end[key] - begin[key]) / written.seconds).toFixed(2);
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    lost: sum((result) => result.lost),
    transactionsPerUpdate,
    details: [
      `${(count / written.seconds).toFixed(0)} updates/s`,
      `${((1000 * sum((result) => result.messages)) / written.seconds / 1000).toFixed(0)} messages/s`,
      `${(sum((result) => result.bytes) / written.seconds / 1e6).toFixed(1)} MB/s`,
      `service ${cores('service')} cores, clients ${cores('clients')}, the whole machine ${cores('machine')}`,
    ].join(', '),
  };
}

async function transactions({ config }: BenchDatabase): Promise<number> {
  if (config.kind !== 'postgres') return 0;
  await new Promise((resolve) => setTimeout(resolve, COUNTED_AFTER_MS));
  const { host, port, dbname, username, password } = config;
  const url = `postgres://${username}:${password}@${host}:${port}/postgres`;
  return onPostgres(url, async (client) => {
    const sql = 'select xact_commit + xact_rollback as n from pg_stat_database where datname = $1';
    const { rows } = await client.query<{ n: string }>(sql, [dbname]);
    return Number(rows[0]?.n ?? 0);
  });
}

function measured(place: Place, effort: Effort, options: Options): Promise<FanOut> {
  const seeds = [{ prefix: 'f', runs: 1, children: options.items }];
  return withService(place, { seeds }, (prepared) => fanOut(prepared, effort, options));
}

function row(work: string, { p50, p99, lost, details }: FanOut, bounds: Record<'p50' | 'p99', object>): Row {
  return {
    work,
    figures: [less(p50, 'ms', bounds.p50, 'p50'), less(p99, 'ms', bounds.p99, 'p99'), lostFigure(lost)],
    limit: '',
    details,
  };
}

const lostFigure = (lost: number) => less(lost, 'lost', { atLeast: 0, goal: 0 });

/** WatchActions, 100 and 500 watchers of one run, and 500 of one action each. */
export const FAN_OUT: readonly Scenario[] = [
  {
    name: 'fan-out-100',
    about: '100 watchers on one run, 200 updates/s; transactions per update',
    async run(place, effort) {
      const options = { watchers: 100, items: 100, what: 'actions', countTransactions: true } as const;
      const found = await measured(place, effort, options);
      const bounds = { p50: { atLeast: 25, goal: 15 }, p99: { atLeast: 100, goal: 50 } };
      return [
        row('100 watchers on one run, 200 updates/s', found, bounds),
        {
          work: 'database transactions per update with 100 watchers',
          figures: [less(found.transactionsPerUpdate ?? 0, '', { atLeast: 2, goal: 1 })],
          limit: '',
        },
      ];
    },
  },
  {
    name: 'fan-out-500',
    about: '500 watchers on one run, 200 updates/s',
    async run(place, effort) {
      const found = await measured(place, effort, { watchers: 500, items: 100, what: 'actions' });
      const bounds = { p50: {}, p99: { atLeast: 300, goal: 150 } };
      return [row('500 watchers on one run, 200 updates/s', found, bounds)];
    },
  },
  {
    name: 'fan-out-details',
    about: '500 watchers of one action each, 200/s',
    async run(place, effort) {
      const found = await measured(place, effort, { watchers: 500, items: 500, what: 'details' });
      return [
        row('500 watchers of one action each, 200/s', found, { p50: {}, p99: { atLeast: 20, goal: 8 } }),
      ];
    },
  },
];
