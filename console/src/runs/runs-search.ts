import { RunSource } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { many, one } from '../app/search.ts';
import { phaseOfKey } from '../shared/phase.ts';
import { readSetting } from '../shared/kept-settings.ts';

/** The state of the list of runs, all of it in the address. What is missing does not filter. Lists are separated by commas. */
export interface RunsSearch {
  /** Part of the name of the run. */
  readonly name?: string;
  /** Keys of phases, any of which. */
  readonly phase?: string;
  /** Whole names of tasks, any of which. */
  readonly task?: string;
  /** `key=value` or `key`, all of which. */
  readonly label?: string;
  /** Subjects of people, any of which. */
  readonly who?: string;
  /** Names of triggers, any of which. */
  readonly trigger?: string;
  /** Keys of sources, any of which. */
  readonly source?: string;
  /** Runs of the last so many minutes, hours or days: `30m`, `24h`, `7d`; or of a whole day: `today`, `yesterday`. */
  readonly since?: string;
  /** Runs from this instant on, and before that one; ISO 8601, in UTC. */
  readonly from?: string;
  readonly to?: string;
  /** `task` sums up runs by task. */
  readonly group?: 'task';
  /** The column by which groups are ordered, with `-` before it from large to small. */
  readonly sort?: string;
}

/** What asked for a run, as addresses and pages name it. */
export const SOURCES: readonly {
  readonly source: RunSource;
  readonly key: string;
  readonly label: string;
}[] = [
  { source: RunSource.CLI, key: 'cli', label: 'CLI' },
  { source: RunSource.WEB, key: 'web', label: 'Web' },
  { source: RunSource.SCHEDULE_TRIGGER, key: 'schedule', label: 'Schedule' },
  { source: RunSource.ARTIFACT_TRIGGER, key: 'artifact', label: 'Artifact' },
  { source: RunSource.TRACKED, key: 'tracked', label: 'Tracked' },
  { source: RunSource.UNSPECIFIED, key: 'api', label: 'API' },
];

/** Names of filters whose value is a list. */
export const LISTS = ['phase', 'task', 'label', 'who', 'trigger', 'source'] as const;
/** The name of a filter whose value is a list. */
export type ListName = (typeof LISTS)[number];

/** Reads the address; what it does not understand, it leaves out. */
export function parseRunsSearch(search: Record<string, unknown>): RunsSearch {
  const sources = new Set(SOURCES.map(({ key }) => key));
  const lists = {
    phase: many(search.phase).filter((key) => phaseOfKey(key) !== undefined),
    source: many(search.source).filter((key) => sources.has(key)),
    task: many(search.task),
    label: many(search.label),
    who: many(search.who),
    trigger: many(search.trigger),
  };
  const parsed: Record<string, string> = {};
  for (const name of LISTS) if (lists[name].length > 0) parsed[name] = lists[name].join(',');
  const since = one(search.since);
  const texts = {
    name: one(search.name)?.slice(0, 200),
    since: since !== undefined && (isDay(since) || spanMs(since) !== undefined) ? since : undefined,
    from: instant(one(search.from)),
    to: instant(one(search.to)),
    group: one(search.group) === 'task' ? 'task' : undefined,
    sort: one(search.sort),
  };
  for (const [name, value] of Object.entries(texts)) if (value !== undefined) parsed[name] = value;
  return parsed;
}

/** The list in the address under the name. */
export function listOf(search: RunsSearch, name: ListName): string[] {
  return many(search[name]);
}

/** The address with another list under the name. */
export function withList(search: RunsSearch, name: ListName, values: readonly string[]): RunsSearch {
  const { [name]: _, ...rest } = search;
  return values.length === 0 ? rest : { ...rest, [name]: values.join(',') };
}

/** A time filter and nothing of another one. */
export function withTime(search: RunsSearch, time: Pick<RunsSearch, 'since' | 'from' | 'to'>): RunsSearch {
  const { since: _since, from: _from, to: _to, ...rest } = search;
  return { ...rest, ...time };
}

/** Whether anything filters, grouping and order aside. */
export function isFiltered({ group: _group, sort: _sort, ...filters }: RunsSearch): boolean {
  return Object.keys(filters).length > 0;
}

/** The milliseconds that `30m`, `24h` or `7d` stand for, of up to ten years. */
export function spanMs(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  const ms = Number(count) * ({ m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? 0);
  return ms > 0 && ms <= 3650 * 86_400_000 ? ms : undefined;
}

/** Days back from now, by what addresses call them. */
const DAYS: ReadonlyMap<string, number> = new Map([
  ['today', 0],
  ['yesterday', 1],
]);

/** Whether the text names a whole day. */
export function isDay(text: string): boolean {
  return DAYS.has(text);
}

/** The midnight before `now`, so many days back, in the zone of the browser or in UTC. */
function midnight(now: number, daysBack: number, utc: boolean): number {
  const at = new Date(now);
  // By the calendar: not every day has 24 hours.
  if (utc) return at.setUTCHours(0, 0, 0, 0) - daysBack * 86_400_000;
  at.setHours(0, 0, 0, 0);
  return at.setDate(at.getDate() - daysBack);
}

/**
 * The period that the address names, in milliseconds since 1970; open where it names no end. Days begin at midnight in the zone of the
 * browser, or in UTC for who reads times in UTC.
 */
export function periodOf(
  search: RunsSearch,
  now: number,
  utc: boolean = readSetting('times', '') === 'utc',
): { from: number | undefined; to: number | undefined } {
  const daysBack = DAYS.get(search.since ?? '');
  if (daysBack !== undefined) {
    return {
      from: midnight(now, daysBack, utc),
      to: daysBack === 0 ? undefined : midnight(now, daysBack - 1, utc),
    };
  }
  const span = search.since === undefined ? undefined : spanMs(search.since);
  if (span !== undefined) return { from: now - span, to: undefined };
  return {
    from: search.from === undefined ? undefined : Date.parse(search.from),
    to: search.to === undefined ? undefined : Date.parse(search.to),
  };
}

function instant(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString().replace('.000Z', 'Z');
}
