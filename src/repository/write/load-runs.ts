import type { Db, Dialect, ListColumn } from '../dialects/dialect.ts';
import { runSteps, type Step } from '../dialects/steps.ts';
import type { Row } from '../schema.ts';
import { runKeyText, type StoredRunKey } from './command.ts';
import { countedOf } from './flush-groups.ts';
import { shape } from './rows.ts';
import type { StateCache } from './state-cache.ts';
import type { RunState } from './states.ts';
import type { Unit } from './unit.ts';

const text = (name: string): ListColumn => ({ name, kind: 'text' });
const RUN_KEY = [text('org_key'), text('project'), text('domain'), text('name')];
const PROJECT_KEY = [text('org_key'), text('id')];

/** A project as unique keys name it. */
export interface StoredProject {
  readonly org_key: string;
  readonly id: string;
}

/**
 * Locks runs and puts them into the unit, and reads the states of projects. Every writer locks the runs that it changes before anything
 * else and in the order of their ids, so within a run all changes happen one after the other, and no two writers can wait
 * for each other in a circle. Runs that the cache has, and whose version is still theirs, are not read.
 */
export async function loadRuns(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  keys: ReadonlyMap<string, StoredRunKey>,
  projects: readonly StoredProject[],
  cache?: StateCache,
): Promise<void> {
  const cached = new Map<number, [string, RunState]>();
  const unknown: StoredRunKey[] = [];
  for (const [key, stored] of keys) {
    const run = cache?.take(key);
    if (run === undefined) unknown.push(stored);
    else cached.set(run.row.id, [key, run]);
  }
  const whole = cached.size === 0;
  const steps: Step[] = [];
  if (keys.size > 0) {
    const stored = [...keys.values()];
    steps.push(whole ? runsStep(dialect, stored, 'whole') : versionsStep(dialect, stored));
  }
  // A statement of its own sees what was committed while the one before waited for locks.
  if (!whole && unknown.length > 0) steps.push(runsStep(dialect, unknown, 'locked'));
  if (projects.length > 0) steps.push(projectsStep(dialect, projects));
  if (steps.length === 0) return;
  const answers = await runSteps(db, steps, { reading: true });
  if (whole && keys.size > 0) addRuns(unit, answers.shift() as Row<'runs'>[]);
  if (!whole) {
    const outdated = adopt(unit, cached, answers.shift() as Version[]);
    if (unknown.length > 0) addRuns(unit, answers.shift() as Row<'runs'>[]);
    if (outdated.length > 0) {
      const [rows = []] = await runSteps(db, [runsStep(dialect, outdated, 'locked')]);
      addRuns(unit, rows as Row<'runs'>[]);
    }
  }
  for (const row of (answers[0] ?? []) as Row<'projects'>[]) {
    unit.projectStates.set(`${row.org_key}\n${row.id}`, row.state);
  }
}

type Version = Pick<Row<'runs'>, 'id' | 'version'>;

/** Puts those into the unit that nobody has changed since; answers the others. */
function adopt(
  unit: Unit,
  cached: ReadonlyMap<number, [string, RunState]>,
  versions: readonly Version[],
): StoredRunKey[] {
  const outdated: StoredRunKey[] = [];
  for (const { id, version } of versions) {
    const known = cached.get(id);
    if (known === undefined) continue;
    const [key, run] = known;
    if (run.row.version === version) unit.runs.set(key, run);
    else outdated.push(run.row);
  }
  return outdated;
}

function addRuns(unit: Unit, rows: readonly Row<'runs'>[]): void {
  for (const row of rows) {
    const run: RunState = {
      row,
      counted: countedOf(row),
      actions: new Map(),
      bytes: 0,
      fresh: false,
      dirty: false,
      changed: false,
      doubtful: false,
    };
    unit.runs.set(runKeyText(row), run);
  }
}

const BY_KEY = 'r.org_key = u.org_key and r.project = u.project and r.domain = u.domain and r.name = u.name';

/** The whole rows; `locked` ones are locked already. */
function runsStep(dialect: Dialect, rows: readonly StoredRunKey[], which: 'whole' | 'locked'): Step {
  const { texts } = dialect;
  const found = shape(dialect, `load runs ${which}`, () => ({
    columns: RUN_KEY,
    text: `select r.* from ${texts.list(RUN_KEY)} join runs as r on ${BY_KEY}
      order by r.id${which === 'whole' ? texts.lock('r') : ''}`,
  }));
  return { ...found, rows, listed: true };
}

/** Locks runs, and answers of each the version that it has then: who waited for a lock gets the row as the one before left it. */
function versionsStep(dialect: Dialect, rows: readonly StoredRunKey[]): Step {
  const { texts } = dialect;
  const found = shape(dialect, 'lock runs', () => ({
    columns: RUN_KEY,
    text: `select r.id, r.version from ${texts.list(RUN_KEY)} join runs as r on ${BY_KEY}
      order by r.id${texts.lock('r')}`,
  }));
  return { ...found, rows, listed: true };
}

function projectsStep(dialect: Dialect, rows: readonly StoredProject[]): Step {
  const found = shape(dialect, 'load projects', () => ({
    columns: PROJECT_KEY,
    text: `select p.org_key, p.id, p.state from ${dialect.texts.list(PROJECT_KEY)}
      join projects as p on p.org_key = u.org_key and p.id = u.id`,
  }));
  return { ...found, rows, listed: true };
}
