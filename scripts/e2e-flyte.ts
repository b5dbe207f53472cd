/**
 * `node scripts/e2e-flyte.ts [WORLD...] [--only JOURNEY,...]`: lets the unmodified Flyte SDK and its command line run tasks on a service that
 * executes them itself, and checks what comes of it.
 *
 * The worlds (test/flyte/worlds.ts): `sqlite` (everything), `postgres`, `s3` and `rust` (the main things, on PostgreSQL, with storage in S3, with
 * the SDK's controller in Rust), `surviving` (the service is killed) and `fan-out` (many runs at once), and these two on PostgreSQL with
 * storage in S3; all of them without an argument, several at once. The SDK is installed into .venv/ once. Ends with
 * `N passed, N failed`; the exit code is 1 unless all passed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { visit, type World } from '../test/flyte/world.ts';
import { worlds } from '../test/flyte/worlds.ts';
import type { Tally } from '../test/sdk/checks.ts';
import { installRustController, installSdk } from '../test/sdk/python.ts';

/** Interpreters take most of the time, and each journey has one or a few at work; but there is also waiting. */
const JOURNEYS_AT_ONCE = 3;
const WORLDS_AT_ONCE = Math.max(2, Math.min(4, Math.floor(availableParallelism() / 2)));

/** The worlds that are asked for, with the journeys that are. */
function chosen(names: readonly string[], only: readonly string[] | undefined): World[] {
  const unknown = names.find((name) => !worlds.some((world) => world.name === name));
  if (unknown !== undefined) throw new Error(`there is no world ${unknown}`);
  return worlds
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .map((world) => ({
      ...world,
      journeys: world.journeys.filter(({ name }) => only === undefined || only.includes(name)),
    }))
    .filter(({ journeys }) => journeys.length > 0);
}

async function install(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'runs-flyte-home-'));
  try {
    const { venv } = await installSdk(join(dirname(import.meta.dirname), '.venv'), home);
    await installRustController(venv);
    return venv;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function visitAll(visited: readonly World[], venv: string, tally: Tally): Promise<void> {
  const together = visited.filter(({ alone }) => !alone);
  const worker = async (): Promise<void> => {
    for (let world = together.shift(); world !== undefined; world = together.shift()) {
      await visit(world, venv, JOURNEYS_AT_ONCE, tally);
    }
  };
  await Promise.all(Array.from({ length: WORLDS_AT_ONCE }, worker));
  for (const world of visited.filter(({ alone }) => alone)) await visit(world, venv, 1, tally);
}

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
const tally: Tally = { passed: 0, failed: 0 };
try {
  await visitAll(chosen(positionals, values.only?.split(',')), await install(), tally);
} catch (error) {
  console.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  tally.failed++;
}
console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
