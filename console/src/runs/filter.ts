import { create } from '@bufbuild/protobuf';
import { type Filter, Filter_Function, FilterSchema } from '../../../src/gen/flyteidl2/common/list_pb.js';
import type { RunKind } from '../api/run-kind.ts';
import { phaseOfKey } from '../shared/phase.ts';
import type { RunRow } from './run-row.ts';
import { listOf, periodOf, type RunsSearch, SOURCES } from './runs-search.ts';

const { CONTAINS_CASE_INSENSITIVE, VALUE_IN, EQUAL, EXISTS, GREATER_THAN_OR_EQUAL, LESS_THAN } =
  Filter_Function;

/**
 * The filters of the address as the service understands them; `now` counts for periods such as "the last 24 hours". They let
 * through the runs that `matcher` does.
 */
export function serverFilters(kind: RunKind, search: RunsSearch, now: number): Filter[] {
  const filters: Filter[] = [];
  const add = (field: string, fn: Filter_Function, values: readonly string[]) =>
    void filters.push(create(FilterSchema, { field, function: fn, values: [...values] }));
  const any = (field: string, values: readonly string[]) => {
    if (values.length > 0) add(field, VALUE_IN, values);
  };
  if (search.name !== undefined) add('name', CONTAINS_CASE_INSENSITIVE, [search.name]);
  any('phase', phasesOf(search).map(String));
  any('task_name', listOf(search, 'task'));
  any('created_by', listOf(search, 'who'));
  any('trigger_name', listOf(search, 'trigger'));
  any('run_source', sourcesOf(search).map(String));
  for (const { key, value } of labelsOf(search)) {
    if (value === undefined) add(`labels.${key}`, EXISTS, []);
    else add(`labels.${key}`, EQUAL, [value]);
  }
  const { from, to } = periodOf(search, now);
  // Runs begin when they are created, and that the service finds without looking at all of them; what is tracked began before.
  const time = kind === 'runs' ? 'created_at' : 'start_time';
  if (from !== undefined) add(time, GREATER_THAN_OR_EQUAL, [new Date(from).toISOString()]);
  if (to !== undefined) add(time, LESS_THAN, [new Date(to).toISOString()]);
  return filters;
}

/** Whether a run that came by the stream belongs to the list: what the service does for a page. */
export function matcher(search: RunsSearch): (row: RunRow, now: number) => boolean {
  const name = search.name?.toLowerCase();
  const phases = setOf(phasesOf(search));
  const tasks = setOf(listOf(search, 'task'));
  const people = setOf(listOf(search, 'who'));
  const triggers = setOf(listOf(search, 'trigger'));
  const sources = setOf(sourcesOf(search));
  const labels = labelsOf(search);
  return (row, now) => {
    const { from, to } = periodOf(search, now);
    return (
      (name === undefined || row.name.toLowerCase().includes(name)) &&
      (phases?.has(row.phase) ?? true) &&
      (tasks?.has(row.task) ?? true) &&
      (people?.has(row.subject) ?? true) &&
      (triggers?.has(row.trigger) ?? true) &&
      (sources?.has(row.source) ?? true) &&
      labels.every(({ key, value }) =>
        value === undefined ? row.labels[key] !== undefined : row.labels[key] === value,
      ) &&
      (from === undefined || row.start >= from) &&
      (to === undefined || row.start < to)
    );
  };
}

function phasesOf(search: RunsSearch) {
  return listOf(search, 'phase').flatMap((key) => phaseOfKey(key)?.phase ?? []);
}

function sourcesOf(search: RunsSearch) {
  return listOf(search, 'source').flatMap(
    (key) => SOURCES.find((source) => source.key === key)?.source ?? [],
  );
}

function labelsOf(search: RunsSearch): { key: string; value: string | undefined }[] {
  return listOf(search, 'label').map((text) => {
    const cut = text.indexOf('=');
    return cut < 0
      ? { key: text, value: undefined }
      : { key: text.slice(0, cut), value: text.slice(cut + 1) };
  });
}

function setOf<T>(values: readonly T[]): ReadonlySet<T> | undefined {
  return values.length === 0 ? undefined : new Set(values);
}
