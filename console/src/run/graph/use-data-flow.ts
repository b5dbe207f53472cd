import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { RunSource } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { dataClient } from '../../api/data-client.ts';
import { isTerminal } from '../../shared/phase.ts';
import { type RunPageContext, useRun } from '../run-context.ts';
import type { TreeItem } from '../tree/item.ts';
import { type ActionValues, dataFlow } from './data-flow.ts';

/** Values are read for so many actions at most: each is a request of its own. */
export const MOST_READ = 80;
const AT_ONCE = 3;
const NONE: [string, string][] = [];

/** Which action took what another one put out, as far as values tell; empty while that is being read, or for too many actions. */
export function useDataFlow(rows: readonly TreeItem[]): [string, string][] {
  const run = useRun();
  const ended = rows.filter((item) => item.kind === 'action' && isTerminal(item.phase));
  const names = rows.length > MOST_READ ? [] : ended.map(({ id }) => id);
  const { data } = useQuery<[string, string][]>({
    queryKey: ['data-flow', run.kind, run.scope.project, run.scope.domain, run.name, names.join(' ')],
    enabled: names.length > 1,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => flowAmong(run, ended, signal),
  });
  return data ?? NONE;
}

async function flowAmong(
  run: RunPageContext,
  items: readonly TreeItem[],
  signal: AbortSignal,
): Promise<[string, string][]> {
  const values: ActionValues[] = [];
  const rest = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next())
      values.push(await valuesOf(run, next.value, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return dataFlow(values);
}

async function valuesOf(
  { id, kind }: RunPageContext,
  item: TreeItem,
  signal: AbortSignal,
): Promise<ActionValues> {
  const runSource = kind === 'tracked-runs' ? RunSource.TRACKED : RunSource.UNSPECIFIED;
  const times = { name: item.id, start: item.start, end: item.end };
  try {
    const data = await dataClient.getActionData(
      { actionId: { run: id, name: item.id }, runSource },
      { signal },
    );
    return {
      ...times,
      inputs: data.inputs?.literals.map(({ value }) => value) ?? [],
      outputs: data.outputs?.literals.map(({ value }) => value) ?? [],
    };
  } catch (error) {
    if (signal.aborted) throw error;
    // What can't be read has no flow that could be drawn.
    return { ...times, inputs: [], outputs: [] };
  }
}
