import { create, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { violationsToProto } from '@bufbuild/protovalidate';
import { describe, expect, it } from 'vitest';
import { ViolationsSchema } from '../../src/gen/buf/validate/validate_pb.js';
import { RunIdentifierSchema } from '../../src/gen/flyteidl2/common/identifier_pb.js';
import { InlineRuleSchema } from '../../src/gen/flyteidl2/task/run_pb.js';
import { CreateRunRequestSchema } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { validator } from '../../src/rpc/validator.ts';

/** What a client reads that was generated from proto/, of the violations that the service sends. */
function received(...[schema, message]: Parameters<typeof validator.validate>) {
  const result = validator.validate(schema, message);
  if (result.kind !== 'invalid') throw new Error(`expected violations, got ${result.kind}`);
  const [violations, theirs] = violationsToProto(result.violations);
  return toJson(ViolationsSchema, fromBinary(ViolationsSchema, toBinary(theirs, violations)));
}

describe('the violations of a request', () => {
  it('reach clients that were generated from proto/, with the path of the field and of the rule', () => {
    const run = create(RunIdentifierSchema, { org: 'acme', project: 'p', domain: 'd', name: 'n'.repeat(31) });
    const request = create(CreateRunRequestSchema, {
      id: { case: 'runId', value: run },
      task: { case: 'taskSpec', value: {} },
    });

    expect(received(CreateRunRequestSchema, request)).toMatchObject({
      violations: expect.arrayContaining([
        expect.objectContaining({
          ruleId: 'string.max_len',
          field: {
            elements: [
              { fieldNumber: 1, fieldName: 'run_id', fieldType: 'TYPE_MESSAGE' },
              { fieldNumber: 4, fieldName: 'name', fieldType: 'TYPE_STRING' },
            ],
          },
          rule: {
            elements: [
              { fieldNumber: 14, fieldName: 'string', fieldType: 'TYPE_MESSAGE' },
              { fieldNumber: 3, fieldName: 'max_len', fieldType: 'TYPE_UINT64' },
            ],
          },
        }),
      ]),
    });
  });

  it('name the item of a list', () => {
    const rule = create(InlineRuleSchema, { onPhases: [1] });

    expect(received(InlineRuleSchema, rule)).toMatchObject({
      violations: expect.arrayContaining([
        expect.objectContaining({
          ruleId: 'enum.in',
          field: {
            elements: [{ fieldNumber: 1, fieldName: 'on_phases', fieldType: 'TYPE_ENUM', index: '0' }],
          },
        }),
      ]),
    });
  });
});
