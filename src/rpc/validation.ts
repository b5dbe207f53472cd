import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { violationsToProto } from '@bufbuild/protovalidate';
import { Code, ConnectError } from '@connectrpc/connect';
import { checkContent } from './content.ts';
import { checkBesideSpec } from './specs/known-specs.ts';
import { surelyValid } from './surely-valid.ts';
import { validator } from './validator.ts';

/** gRPC sends the details in a trailer, which has a bounded size; nobody reads more of them than this. */
const maxViolations = 20;

/**
 * Throws INVALID_ARGUMENT with the violations as a detail (`buf.validate.Violations`) when a message breaks
 * a rule of the contract, or holds what no request may hold (see checkContent). For requests whose messages each get a status of their own; all others are
 * checked before they reach a handler.
 */
export function checkMessage<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): void {
  checkBesideSpec(schema, message, () => check(schema, message));
}

function check<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): void {
  if (surelyValid(schema, message)) {
    checkContent(schema, message);
    return;
  }
  const result = validator.validate(schema, message);
  if (result.kind === 'valid') {
    checkContent(schema, message);
    return;
  }
  // A rule that cannot be evaluated is our mistake, not the caller's.
  if (result.kind === 'error') throw result.error;
  const [value, desc] = violationsToProto(result.violations.slice(0, maxViolations));
  throw new ConnectError(
    result.error.message,
    Code.InvalidArgument,
    undefined,
    [{ desc, value }],
    result.error,
  );
}
