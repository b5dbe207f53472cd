import { DomainError } from '../runs/errors.ts';
import type { Instant } from '../runs/instant.ts';
import type { Db, Dialect } from './dialects/dialect.ts';
import { findTask, type StoredTask } from './tasks.ts';
import { type FireOptions, scheduledRun } from './triggers-run.ts';
import type { TriggerRow } from './triggers.ts';
import type { Command } from './write/command.ts';
import { type CreatedRun, createRun, type NewRun } from './write/commands/create-run.ts';
import { type Flushed, flushUnit } from './write/flush.ts';
import { loadUnit } from './write/load.ts';
import { updateRows } from './write/rows.ts';
import type { Unit } from './write/unit.ts';

/** What a trigger that is due has to do: the runs to start, by their scheduled times, and when it is due again. */
export interface Firing {
  readonly trigger: TriggerRow;
  readonly times: readonly Instant[];
  readonly next: Instant | undefined;
}

/** What became of one scheduled time. */
export interface Fired {
  readonly trigger: TriggerRow;
  readonly time: Instant;
  /** False if the run was there already. */
  readonly created: boolean;
  /** Why there is no run, in a sentence. */
  readonly refused?: string | undefined;
}

/** Triggers that are due, the longest waiting ones first. */
export async function dueTriggers(
  db: Db,
  now: Instant,
  limit: number,
  except: readonly number[] = [],
): Promise<TriggerRow[]> {
  let query = db.selectFrom('triggers').selectAll().where('next_fire_at', '<=', now);
  if (except.length > 0) query = query.where('id', 'not in', [...except]);
  return await query.orderBy('next_fire_at').orderBy('id').limit(limit).execute();
}

/** When the next trigger is due; undefined if none is. */
export async function nextDueAt(db: Db, except: readonly number[] = []): Promise<Instant | undefined> {
  let query = db.selectFrom('triggers').select('next_fire_at').where('next_fire_at', 'is not', null);
  if (except.length > 0) query = query.where('id', 'not in', [...except]);
  const row = await query.orderBy('next_fire_at').limit(1).executeTakeFirst();
  return row?.next_fire_at ?? undefined;
}

/**
 * Fires triggers in the transaction of `db`: puts off each to when it is due next and creates its runs, together or not at all. A trigger
 * that somebody else fired, changed or deleted since it was read is left out. A run that is refused (its project is archived, say) does
 * not come back; the trigger goes on with its next time.
 */
export async function fireTriggers(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  firings: readonly Firing[],
  options: FireOptions,
): Promise<{ fired: Fired[]; flushed: Flushed | undefined }> {
  const claimed = await claim(dialect, db, unit, firings);
  const planned: { trigger: TriggerRow; time: Instant; command: Command<CreatedRun> }[] = [];
  const fired: Fired[] = [];
  for (const { trigger, times } of claimed) {
    const task = await findTask(db, { ...trigger, name: trigger.task_name, version: trigger.task_version });
    for (const time of times) {
      const run = runOf(trigger, task, time, options);
      if (typeof run === 'string') fired.push({ trigger, time, created: false, refused: run });
      else planned.push({ trigger, time, command: createRun(run) });
    }
  }
  await loadUnit(
    dialect,
    db,
    unit,
    planned.map(({ command }) => command),
  );
  for (const { trigger, time, command } of planned) {
    fired.push({ trigger, time, ...applied(command, unit) });
  }
  return { fired, flushed: await flushUnit(dialect, db, unit) };
}

async function claim(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  firings: readonly Firing[],
): Promise<readonly Firing[]> {
  const rows = await db
    .selectFrom('triggers')
    .selectAll()
    .where(
      'id',
      'in',
      firings.map(({ trigger }) => trigger.id),
    )
    .orderBy('id')
    .modifyEnd(dialect.lockClause)
    .execute();
  const locked = new Map(rows.map((row) => [row.id, row]));
  const mine = firings.filter(({ trigger }) => {
    const row = locked.get(trigger.id);
    return row?.next_fire_at === trigger.next_fire_at && row.revision === trigger.revision;
  });
  const changed = mine.map(({ trigger, times, next }) => ({
    ...trigger,
    next_fire_at: next ?? null,
    triggered_at: times.length > 0 ? unit.now : trigger.triggered_at,
  }));
  await updateRows(dialect, db, 'triggers', ['next_fire_at', 'triggered_at'], changed);
  return mine;
}

/** The run, or why there can be none. A stored message that can't be read any more must not hold up the other triggers. */
function runOf(
  trigger: TriggerRow,
  task: StoredTask | undefined,
  time: Instant,
  options: FireOptions,
): NewRun | string {
  if (task === undefined) return `there is no version ${trigger.task_version} of its task`;
  try {
    return scheduledRun(trigger, task, time, options);
  } catch (error) {
    return `what is stored of it can't be read (${error instanceof Error ? error.message : String(error)})`;
  }
}

function applied(command: Command<CreatedRun>, unit: Unit): { created: boolean; refused?: string } {
  try {
    return { created: command.apply(unit).created };
  } catch (error) {
    // Refusals come before any change; everything else undoes the transaction.
    if (error instanceof DomainError) return { created: false, refused: error.message };
    throw error;
  }
}
