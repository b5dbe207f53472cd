import { createRegistry } from '@bufbuild/protobuf';
import { createValidator, type Validator } from '@bufbuild/protovalidate';
import { file_flyteidl2_common_phase } from '../gen/flyteidl2/common/phase_pb.js';

/**
 * Checks messages against the rules of the contract. Use this one everywhere: a validator of your own answers
 * `error` for notification rules, whose CEL expression names a member of ActionPhase, because the names that
 * expressions may use are fixed when a validator is made. (The test of the published rules would show
 * an enum that is missing here.)
 */
export const validator: Validator = createValidator({
  registry: createRegistry(file_flyteidl2_common_phase),
});
