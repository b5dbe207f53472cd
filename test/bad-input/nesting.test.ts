import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { type LiteralType, LiteralTypeSchema } from '../../src/gen/flyteidl2/core/types_pb.js';
import { GetActionDetailsResponseSchema } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { expectError, suites } from '../rpc/harness.ts';
import { actionId, conditionRequest, createRun, runId } from '../rpc/requests.ts';

/** A list of lists of … of integers. */
function nested(depth: number): LiteralType {
  let type = create(LiteralTypeSchema, { type: { case: 'simple', value: 1 } });
  for (let i = 1; i < depth; i++)
    type = create(LiteralTypeSchema, { type: { case: 'collectionType', value: type } });
  return type;
}

suites('Deep nesting', { over: ['gRPC over h2c', 'JSON over HTTP/1.1'] }, (suite) => {
  test('what is accepted can be read wherever it is answered, though it lies deeper there', async () => {
    const run = await createRun(suite);
    let accepted = 0;
    for (const depth of [80, 85, 90, 95, 97, 98, 99, 120]) {
      const request = conditionRequest(run, `c${depth}`, null, { type: nested(depth) });
      const answer = suite.internal.recordAction(request).then(
        () => true,
        () => false,
      );
      if (!(await answer)) {
        await expectError(suite.internal.recordAction(request), Code.InvalidArgument, /recursion depth/);
        continue;
      }
      accepted = depth;
      const id = actionId(run, `c${depth}`);
      const details = await suite.runs.getActionDetails({ actionId: id });
      // As every client reads it, in Python, Go and here: at most 100 messages in each other.
      fromBinary(GetActionDetailsResponseSchema, toBinary(GetActionDetailsResponseSchema, details));
      expect((await suite.runs.listActions({ runId: runId(run) })).actions.length).toBeGreaterThan(1);
      for await (const { enrichedActions } of suite.runs.watchActions({ runId: runId(run) })) {
        expect(enrichedActions.length).toBeGreaterThan(1);
        break;
      }
    }
    expect(accepted).toBeGreaterThanOrEqual(80);
    expect(accepted).toBeLessThan(99);
  });
});
