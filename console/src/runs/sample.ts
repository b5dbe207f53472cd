import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';
import { type Run, RunSchema, RunSource } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';

/** What tests say about a run; the rest is made up. */
export interface Sample {
  readonly name: string;
  readonly phase?: ActionPhase;
  readonly task?: string;
  readonly labels?: Record<string, string>;
  readonly who?: string;
  readonly trigger?: string;
  readonly source?: RunSource;
  /** Milliseconds since 1970. */
  readonly start?: number;
}

/** A run as the service sends it, for tests. */
export function sampleRun(sample: Sample): Run {
  const { name, phase = ActionPhase.SUCCEEDED, task = 'etl.load', labels = {}, who = 'ada' } = sample;
  const scope = { org: 'o', project: 'p', domain: 'd' };
  return create(RunSchema, {
    labels,
    action: {
      id: { name: 'a0', run: { ...scope, name } },
      metadata: {
        source: sample.source ?? RunSource.CLI,
        triggerName: sample.trigger ?? '',
        spec: { case: 'task', value: { id: { ...scope, name: task, version: '1' }, shortName: 'load' } },
        executedBy: { principal: { case: 'user', value: { id: { subject: who } } } },
      },
      status: { phase, attempts: 1, startTime: timestampFromMs(sample.start ?? 1_000_000) },
    },
  });
}
