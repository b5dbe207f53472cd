import type { RunIdentifier } from '../src/gen/flyteidl2/common/identifier_pb.js';
import type { Action, ActionDetails } from '../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Clients } from './connect.ts';
import { follow } from './follow.ts';
import type { Options } from './options.ts';
import { errorText, hasEnded, phaseName, statusText, titleOf } from './text.ts';

const ROOT_ACTION = 'a0';
type RunName = Pick<RunIdentifier, 'org' | 'project' | 'domain' | 'name'>;

const MAX_REMEMBERED = 50_000;

/** Where a watcher writes and when it stops. */
export interface WatchOutput {
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
  /** As in FollowOptions. */
  readonly firstDelayMs?: number;
}

/**
 * Prints every update of the runs of a project, or of one run and its actions, as lines. Reconnects when the stream breaks and prints
 * nothing twice. Resolves when the signal is aborted or, for one run, when it has ended; rejects with a ConnectError for a request
 * that can't succeed.
 */
export async function watch(clients: Clients, options: Options, output: WatchOutput): Promise<void> {
  if (options.run === undefined) return watchProject(clients, options, output);
  const runId = { org: options.org, project: options.project, domain: options.domain, name: options.run };
  const failed = new AbortController();
  const both = { ...output, signal: AbortSignal.any([output.signal, failed.signal]) };
  const streams = [watchTree(clients, options, runId, both), watchRoot(clients, options, runId, both)];
  try {
    await Promise.all(streams);
  } finally {
    // Where one stream has failed, the other one must not go on.
    failed.abort();
    await Promise.allSettled(streams);
  }
}

/** All runs of a project: first those that are there, then whatever is new or changes. */
async function watchProject(clients: Clients, options: Options, output: WatchOutput): Promise<void> {
  const target = {
    case: 'projectId',
    value: { organization: options.org, name: options.project, domain: options.domain },
  } as const;
  const printer = changesOnly(output.print);
  const open = (signal: AbortSignal) => runService(clients, options).watchRuns({ target }, { signal });
  for await (const { runs } of follow(open, { ...output, onBreak: announce(output) })) {
    for (const { action } of runs) {
      if (action) printer(action.id?.run?.name ?? '', `${titleOf(action)}  ${statusText(action)}`);
    }
  }
}

/** The actions of a run as a tree; a parent is sent before its children. Ends with the root action. */
async function watchTree(
  clients: Clients,
  options: Options,
  runId: RunName,
  output: WatchOutput,
): Promise<void> {
  const printer = changesOnly(output.print);
  const depths = new Map<string, number>();
  const open = (signal: AbortSignal) => runService(clients, options).watchActions({ runId }, { signal });
  for await (const { enrichedActions } of follow(open, { ...output, onBreak: announce(output) })) {
    let ended = false;
    for (const { action } of enrichedActions) {
      if (!action) continue;
      const name = action.id?.name ?? '';
      const depth = depthBelow(depths, action);
      depths.set(name, depth);
      printer(name, `${'  '.repeat(depth)}${titleOf(action)}  ${statusText(action)}`);
      if (name === ROOT_ACTION) ended = hasEnded(action.status?.phase);
    }
    if (ended) return;
  }
}

function depthBelow(depths: ReadonlyMap<string, number>, { metadata }: Action): number {
  return metadata?.parent ? (depths.get(metadata.parent) ?? 0) + 1 : 0;
}

/** The details of the root action: attempts, error, outputs. The service ends this stream after the run's terminal phase. */
async function watchRoot(
  clients: Clients,
  options: Options,
  runId: RunName,
  output: WatchOutput,
): Promise<void> {
  const printer = changesOnly(output.print);
  const open = (signal: AbortSignal) => runService(clients, options).watchRunDetails({ runId }, { signal });
  for await (const { details } of follow(open, { ...output, onBreak: announce(output) })) {
    if (details?.action) printer('details', detailsText(details.action));
  }
}

function detailsText({ attempts, result }: ActionDetails): string {
  const latest = attempts.at(-1);
  const parts = [
    `attempt ${latest?.attempt}: ${latest?.phaseTransitions.map((t) => phaseName(t.phase)).join(' → ')}`,
  ];
  if (latest?.outputs?.outputUri) parts.push(`outputs ${latest.outputs.outputUri}`);
  if (result.case === 'errorInfo')
    parts.push(`error ${result.value.code}: ${result.value.message.split('\n')[0]}`);
  if (result.case === 'abortInfo') parts.push(`aborted: ${result.value.reason}`);
  return parts.join(', ');
}

/** Both services have the same watches, each of its own runs. */
function runService({ runs, trackedRuns }: Clients, { tracked }: Options) {
  return tracked ? trackedRuns : runs;
}

function announce({ print }: WatchOutput): (error: Error, delayMs: number) => void {
  return (error, delayMs) =>
    print(`-- the stream broke (${errorText(error)}); trying again in ${(delayMs / 1000).toFixed(1)} s`);
}

/** Prints a line about a thing unless the last one about it was the same, as in a snapshot after a break. */
function changesOnly(print: (line: string) => void): (key: string, text: string) => void {
  const last = new Map<string, string>();
  return (key, text) => {
    if (last.get(key) === text) return;
    last.delete(key);
    last.set(key, text);
    const [oldest] = last.keys();
    if (last.size > MAX_REMEMBERED && oldest !== undefined) last.delete(oldest);
    print(`${new Date().toISOString().slice(11, 23)}  ${key}  ${text}`);
  };
}
