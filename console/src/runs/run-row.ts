import type { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';
import { type Run, RunSource } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { millis } from '../shared/instant.ts';
import { personName, personSubject } from '../shared/people.ts';
import { isTerminal } from '../shared/phase.ts';

/** A run as the list shows and filters it. Never changed: a run that changes gets a new one. */
export interface RunRow {
  readonly name: string;
  readonly phase: ActionPhase;
  readonly terminal: boolean;
  /** The task's whole name, and the part of it that people say. */
  readonly task: string;
  readonly shortTask: string;
  readonly version: string;
  readonly environment: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly who: string;
  readonly subject: string;
  readonly trigger: string;
  readonly source: RunSource;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number | undefined;
  readonly attempts: number;
}

/** Reads what the service says about a run; undefined if it has no name, which no run of the service lacks. */
export function rowOf({ action, labels }: Run): RunRow | undefined {
  const name = action?.id?.run?.name;
  if (name === undefined || name === '') return undefined;
  const { metadata, status } = action ?? {};
  const task = metadata?.spec.case === 'task' ? metadata.spec.value : undefined;
  const phase = status?.phase ?? 0;
  return {
    name,
    phase,
    terminal: isTerminal(phase),
    task: task?.id?.name ?? '',
    shortTask: task?.shortName || metadata?.funtionName || task?.id?.name || '',
    version: task?.id?.version ?? '',
    environment: metadata?.environmentName ?? '',
    labels,
    who: personName(metadata?.executedBy),
    subject: personSubject(metadata?.executedBy),
    trigger: metadata?.triggerName || metadata?.triggerId?.name?.name || '',
    source: metadata?.source ?? RunSource.UNSPECIFIED,
    start: millis(status?.startTime) ?? 0,
    end: millis(status?.endTime),
    attempts: status?.attempts ?? 0,
  };
}
