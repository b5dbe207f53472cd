import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ActionMetadataSchema } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import { ListRunsResponseSchema } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { instantFromMicros } from '../../runs/instant.ts';
import { listRunsBytes } from './run-bytes.ts';
import { type RunMessageRow, runMessage } from './run-message.ts';

const metadata = toBinary(
  ActionMetadataSchema,
  create(ActionMetadataSchema, { funtionName: 'f'.repeat(300) }),
);
const row: RunMessageRow = {
  id: 1,
  org: 'acme',
  project: 'p',
  domain: 'd',
  name: 'run-ä😀',
  root_action_name: 'a0',
  labels: '{}',
  phase: 'QUEUED',
  attempts: 1,
  start_time: instantFromMicros(1_795_222_094_123_456n),
  end_time: null,
  duration_ms: null,
  cache_status: 0,
  metadata,
};
const rows: RunMessageRow[] = [
  row,
  { ...row, org: '', attempts: 300, phase: 'RECOVERED', cache_status: 5 },
  { ...row, end_time: instantFromMicros(1_795_222_095_000_000n), duration_ms: 0, phase: 'FAILED' },
  { ...row, start_time: instantFromMicros(-1_500_000n), duration_ms: 2 ** 45, metadata: new Uint8Array() },
  { ...row, labels: JSON.stringify({ team: 'red', '': 'é', empty: '' }) },
];

it.each([
  ['none', []],
  ['one', rows.slice(0, 1)],
  ['all kinds', rows],
  ['more than the room that was expected', Array.from({ length: 600 }, () => rows).flat()],
])('what is encoded from rows is what the generated code makes of their messages: %s', (_name, some) => {
  for (const token of ['', 'next']) {
    const expected = create(ListRunsResponseSchema, { runs: some.map(runMessage), token });
    const bytes = listRunsBytes(some, token, 5).subarray(5);
    expect(bytes.length).toBe(toBinary(ListRunsResponseSchema, expected).length);
    expect(fromBinary(ListRunsResponseSchema, bytes)).toEqual(
      fromBinary(ListRunsResponseSchema, toBinary(ListRunsResponseSchema, expected)),
    );
  }
});
