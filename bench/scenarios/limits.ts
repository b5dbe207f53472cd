import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { type Client, escapeIdentifier } from 'pg';
import { compare } from '../support/measure.ts';
import { onPostgres, type Place } from '../support/place.ts';
import { more, type Row, text } from '../support/rows.ts';
import type { Scenario } from '../support/scenario.ts';

/** As much as the row of an action with its first attempt. */
const PAYLOAD = 'x'.repeat(400);
const BATCH = 100;
const SECONDS = 2;

/** Rows per second of work that writes some rows each time. */
async function rowsPerSecond(rows: number, work: () => Promise<unknown> | unknown): Promise<number> {
  const begin = performance.now();
  let written = 0;
  while (performance.now() - begin < SECONDS * 1000) {
    await work();
    written += rows;
  }
  return (1000 * written) / (performance.now() - begin);
}

async function sqlite(place: Place): Promise<Row> {
  const db = new BetterSqlite(join(place.folder, 'limits.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('create table t (id integer primary key, payload text not null)');
  const insert = db.prepare('insert into t (payload) values (?)');
  const batch = db.transaction((rows: number) => {
    for (let i = 0; i < rows; i++) insert.run(PAYLOAD);
  });
  const single = await rowsPerSecond(1, () => batch.immediate(1));
  const batched = await rowsPerSecond(BATCH, () => batch.immediate(BATCH));
  db.close();
  return rowOf('better-sqlite3, WAL, synchronous=FULL', single, batched);
}

async function postgres(place: Place): Promise<Row> {
  const { url } = await place.postgres();
  const table = escapeIdentifier('bench_limits');
  return onPostgres(url, async (client: Client) => {
    await client.query(`create table ${table} (id bigserial primary key, payload text not null)`);
    const one = { name: 'one', text: `insert into ${table} (payload) values ($1)`, values: [PAYLOAD] };
    const rows = Array<string>(BATCH).fill(PAYLOAD);
    const many = {
      name: 'many',
      text: `insert into ${table} (payload) select unnest($1::text[])`,
      values: [rows],
    };
    const single = await rowsPerSecond(1, () => client.query(one));
    const batched = await rowsPerSecond(BATCH, () => client.query(many));
    await client.query(`drop table ${table}`);
    return rowOf('pg, one connection, synchronous_commit=on', single, batched);
  });
}

function rowOf(what: string, single: number, batched: number): Row {
  return {
    work: `limit: rows of 400 bytes per second, ${what}`,
    figures: [more(single, '/s', {}, 'one by one'), more(batched, '/s', {}, `in batches of ${BATCH}`)],
    limit: '',
  };
}

async function handlers(place: Place): Promise<Row> {
  // An empty server is measured as if it were the service.
  const service = await place.empty('connect');
  const source = { kind: 'createRun', prefix: 'r', runs: 0, children: 0 } as const;
  const load = await compare(place, {
    service,
    source,
    callers: 64,
    seconds: SECONDS,
    rounds: 2,
    checked: false,
  });
  return {
    work: 'limit: empty handlers, unary gRPC of 2.5 KB, 64 callers',
    figures: [
      more(load.connect.rate, '/s', {}, `connect-node (${text(load.connect.cpuMs)} ms CPU)`),
      more(load.http2.rate, '/s', {}, `bare http2 (${text(load.http2.cpuMs)} ms CPU)`),
    ],
    limit: '',
  };
}

async function stream(place: Place): Promise<Row> {
  const client = place.client();
  const { url } = await place.empty('http2');
  const bytesPerSecond = await client.run({ kind: 'download', url, seconds: SECONDS });
  place.release([client]);
  return {
    work: 'limit: a bare HTTP/2 stream from server to client',
    figures: [more(bytesPerSecond / 1e6, 'MB/s')],
    limit: '',
  };
}

/** What this machine can do at all: the databases' drivers and HTTP/2 without the service. */
export const limits: Scenario = {
  name: 'limits',
  about: 'what the machine can do: databases, empty handlers, a bare stream',
  run: async (place) => [
    await postgres(place),
    await sqlite(place),
    await handlers(place),
    await stream(place),
  ],
};
