/**
 * `node bench/seed.ts sqlite:FILE|postgres://… RUNS ACTIONS`: fills a database through the repository's batches: RUNS runs of 50 tasks and
 * 20 people over 30 days, and ACTIONS actions below them. Prints how long that took. What is there stays.
 */
import type { DatabaseConfig } from '../src/config.ts';
import { openDatabase } from '../src/repository/open.ts';
import { seed } from './support/seed.ts';

const [target = '', runsText = '100000', actionsText = '1000000'] = process.argv.slice(2);
const limits = { connectTimeoutMs: 10_000, statementTimeoutMs: 60_000, lockTimeoutMs: 60_000 };

function configOf(text: string): DatabaseConfig {
  if (text.startsWith('sqlite:')) return { kind: 'sqlite', file: text.slice('sqlite:'.length), ...limits };
  const url = URL.parse(text);
  if (url === null || !url.protocol.startsWith('postgres')) {
    console.error(
      'usage: node bench/seed.ts sqlite:FILE|postgres://USER:PASSWORD@HOST:PORT/DATABASE RUNS ACTIONS',
    );
    process.exit(2);
  }
  return {
    kind: 'postgres',
    host: url.hostname,
    port: Number(url.port) || 5432,
    dbname: url.pathname.slice(1),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    extraOptions: 'sslmode=disable',
    maxOpenConnections: 5,
    maxIdleConnections: 5,
    connMaxLifeTimeMs: 3_600_000,
    ...limits,
  };
}

const config = configOf(target);
const [runs, actions] = [Number(runsText), Number(actionsText)];
const dialect = await openDatabase(config, 'shared');
const begin = performance.now();
const seconds = () => (performance.now() - begin) / 1000;
let told = 0;
await seed(dialect, {
  prefix: `s${Date.now().toString(36)}-`,
  runs,
  children: Math.round(actions / runs),
  outcomes: 'all',
  tasks: 50,
  people: 20,
  spreadMs: 30 * 86_400_000,
  onProgress(done) {
    if (done - told < runs / 20) return;
    told = done;
    console.log(`${done} runs, ${seconds().toFixed(0)} s`);
  },
});
console.log(
  `${runs} runs with ${actions} actions in ${seconds().toFixed(1)} s: ${(runs / seconds()).toFixed(0)} runs/s`,
);
await dialect.close();
