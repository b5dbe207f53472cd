/**
 * `node scripts/e2e-flyte.ts [WORLD...] [--only JOURNEY,...]`: lets the unmodified Flyte SDK and its command line run tasks on a service that
 * executes them itself, and checks what comes of it.
 *
 * The worlds: `sqlite` (everything), `postgres`, `s3` and `rust` (the main things, on PostgreSQL, with storage in S3, with the SDK's
 * controller in Rust), `surviving` (the service is killed) and `fan-out` (many runs at once); all of them without
 * an argument. The SDK is installed into .venv/ once. Ends with
 * `N passed, N failed`; the exit code is 1 unless all passed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { goTogether, type Journey } from '../test/flyte/journey.ts';
import * as deploying from '../test/flyte/journeys/deploying.ts';
import * as meddling from '../test/flyte/journeys/meddling.ts';
import * as running from '../test/flyte/journeys/running.ts';
import { proofs } from '../test/flyte/proofs.ts';
import { type Ground, withService } from '../test/flyte/services.ts';
import type { Tally } from '../test/sdk/checks.ts';
import { installRustController, installSdk } from '../test/sdk/python.ts';

interface World {
  readonly name: string;
  readonly title: string;
  readonly ground: Ground;
  readonly rust?: boolean;
  readonly journeys: readonly Journey[];
}

const { hello, nested, tree, failing, retried, caught, traced, filed, reported } = running;
const { signalled, aborted, followed, throttled, cached, recovered } = meddling;
const { deployed, scheduled, secret, asked } = deploying;

// The long ones first.
const everything = [
  deployed,
  scheduled,
  hello,
  signalled,
  aborted,
  recovered,
  cached,
  retried,
  failing,
  tree,
  nested,
  followed,
  secret,
  filed,
  throttled,
  caught,
  traced,
  reported,
  asked,
];
const worlds: readonly World[] = [
  {
    name: 'sqlite',
    title: 'SQLite',
    ground: { database: 'sqlite', storage: 'folder' },
    journeys: everything,
  },
  {
    name: 'postgres',
    title: 'PostgreSQL',
    ground: { database: 'postgres', storage: 'folder' },
    journeys: [deployed, nested, signalled, aborted, recovered, cached, retried, followed, secret],
  },
  {
    name: 's3',
    title: 'SQLite with storage in S3',
    ground: { database: 'sqlite', storage: 's3' },
    journeys: [hello, nested, failing, retried, filed, reported, cached, recovered, deployed],
  },
  {
    name: 'rust',
    title: 'the SDK with its controller in Rust',
    ground: { database: 'sqlite', storage: 'folder' },
    rust: true,
    // This controller knows no conditions.
    journeys: [nested, tree, failing, retried, caught, traced, filed, aborted, recovered],
  },
];

/** Interpreters take most of the time; each of these journeys has one or a few at work. */
const AT_ONCE = Math.max(3, Math.min(8, availableParallelism()));

async function visit(world: World, venv: string, only: readonly string[], tally: Tally): Promise<void> {
  console.log(`\nOn ${world.title}:`);
  const journeys = world.journeys.filter(({ name }) => only.length === 0 || only.includes(name));
  const environment: Record<string, string> = world.rust ? { _F_USE_RUST_CONTROLLER: '1' } : {};
  await withService({ ground: world.ground, venv, environment }, async (place) => {
    const before = tally.failed;
    await goTogether(journeys, place, AT_ONCE, tally);
    return tally.failed === before;
  });
}

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
const only = values.only?.split(',') ?? [];
const tally: Tally = { passed: 0, failed: 0 };
try {
  const unknown = positionals.find((name) => ![...worlds, ...proofs].some((world) => world.name === name));
  if (unknown !== undefined) throw new Error(`there is no world ${unknown}`);
  const home = await mkdtemp(join(tmpdir(), 'runs-flyte-home-'));
  const { venv } = await installSdk(join(dirname(import.meta.dirname), '.venv'), home);
  await installRustController(venv);
  await rm(home, { recursive: true, force: true });
  for (const world of worlds) {
    if (positionals.length === 0 || positionals.includes(world.name)) await visit(world, venv, only, tally);
  }
  for (const { name, title, go } of proofs) {
    if (positionals.length === 0 ? only.length > 0 : !positionals.includes(name)) continue;
    console.log(`\nOn ${title}:`);
    await go(venv, tally);
  }
} catch (error) {
  console.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  tally.failed++;
}
console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
