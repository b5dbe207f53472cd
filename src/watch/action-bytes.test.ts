import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RunIdentifierSchema } from '../gen/flyteidl2/common/identifier_pb.js';
import { ActionMetadataSchema, EnrichedActionSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { WatchActionsResponseSchema } from '../gen/flyteidl2/workflow/run_service_pb.js';
import { actionStatus } from '../repository/read/run-message.ts';
import { instantFromMicros } from '../runs/instant.ts';
import { PHASES, phaseNumber } from '../runs/phase.ts';
import { enrichedBytes, fixedBytes, responseBytes, runBytes } from './action-bytes.ts';

const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength });
/** Years 1 to 9999, the edges and those of 1970 more often. */
const instant = fc
  .oneof(
    fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
    fc.bigInt({ min: -2_000_000n, max: 2_000_000n }),
    fc.constantFrom(-62_135_596_800_000_000n, 253_402_300_799_999_999n),
  )
  .map(instantFromMicros);
const whole = (max: number) => fc.oneof(fc.integer({ min: 0, max: Math.min(max, 300) }), fc.nat({ max }));
const action = fc.record({
  run: fc.option(fc.record({ org: text(200), project: text(100), domain: text(20), name: text(30) }), {
    nil: undefined,
  }),
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
  metadata: fc.record({ parent: text(30), group: text(40_000), executedBy: fc.constant(undefined) }),
  row: fc.record({
    phase: fc.constantFrom(...PHASES),
    attempts: whole(4_294_967_295),
    start_time: instant,
    end_time: fc.option(instant),
    duration_ms: fc.option(fc.oneof(whole(2_147_483_647), fc.integer({ min: 0, max: 2 ** 53 - 1 }))),
    cache_status: whole(10),
  }),
  meetsFilter: fc.boolean(),
  counts: fc.option(
    fc.uniqueArray(fc.tuple(fc.constantFrom(...PHASES.map(phaseNumber)), whole(2_147_483_647)), {
      selector: ([number]) => number,
    }),
    { nil: undefined },
  ),
});

it('writes what the generated code writes, whatever is in an action', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 5 }), (actions) => {
      const made = actions.map(({ run, name, metadata, row, meetsFilter, counts }) => {
        const array = counts && new Int32Array(32);
        for (const [number, count] of counts ?? []) array?.fill(count, number, number + 1);
        const identity = run && create(RunIdentifierSchema, run);
        const stored = toBinary(ActionMetadataSchema, create(ActionMetadataSchema, metadata));
        const fixed = fixedBytes(runBytes(identity), name, stored);
        return enrichedBytes(fixed, { ...row, phase: phaseNumber(row.phase) }, meetsFilter, array);
      });
      const expected = actions.map(({ run, name, metadata, row, meetsFilter, counts }) =>
        create(EnrichedActionSchema, {
          action: { id: { ...(run ? { run } : {}), name }, metadata, status: actionStatus(row) },
          meetsFilter,
          childrenPhaseCounts: Object.fromEntries((counts ?? []).filter(([, count]) => count > 0)),
        }),
      );
      const free = 5;
      const response = responseBytes(made, free).subarray(free);
      expect(fromBinary(WatchActionsResponseSchema, response).enrichedActions).toEqual(expected);
      const same = create(WatchActionsResponseSchema, { enrichedActions: expected });
      expect(response.length).toBe(toBinary(WatchActionsResponseSchema, same).length);
    }),
  );
});
