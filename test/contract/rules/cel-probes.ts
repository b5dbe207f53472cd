/**
 * How to break each rule that is written in CEL. A program can't turn an expression around, so each one of the
 * contract stands here by its message and id; one without a probe fails the test.
 */
import { create, type DescMessage, isMessage, type MessageShape } from '@bufbuild/protobuf';
import type { ReflectMessage } from '@bufbuild/protobuf/reflect';
import { QueueIdentifierSchema } from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';
import { RelationSchema } from '../../../src/gen/flyteidl2/common/run_pb.js';
import { BackoffSchema } from '../../../src/gen/flyteidl2/core/literals_pb.js';
import { ReusePolicySchema } from '../../../src/gen/flyteidl2/core/tasks_pb.js';
import { DeliveryConfigTemplateSchema } from '../../../src/gen/flyteidl2/notification/definition_pb.js';
import { InlineRuleSchema } from '../../../src/gen/flyteidl2/task/run_pb.js';

/** One CEL rule of a message or of one of its fields. */
export interface CelProbe {
  typeName: string;
  /** The rule's id, which is the id of its violation too. */
  id: string;
  /** Fields that a message needs to keep the rule, although no rule of their own asks for them. */
  alsoSet: string[];
  /** Turns a message that keeps all rules into one that breaks this one. */
  spoil(message: ReflectMessage): void;
}

function probe<Desc extends DescMessage>(
  schema: Desc,
  id: string,
  spoil: (message: MessageShape<Desc>) => void,
  alsoSet: string[] = [],
): CelProbe {
  return {
    typeName: schema.typeName,
    id,
    alsoSet,
    spoil({ message }) {
      if (!isMessage(message, schema)) throw new Error(`${message.$typeName} is no ${schema.typeName}`);
      spoil(message);
    },
  };
}

/** A number below every one that an enum has; a plain number, because no enum type allows the literal. */
const noSuchNumber: number = -1;

/** Every CEL rule of the contract. */
export const celProbes: CelProbe[] = [
  probe(QueueIdentifierSchema, 'queue_identifier.domain_project_combination', (queue) => {
    queue.project = 'flytesnacks';
    queue.domain = '';
  }),
  // 0 breaks `required` first, which hides this rule.
  probe(RelationSchema, 'relation_type.greater_than_zero', (relation) => {
    relation.relationType = noSuchNumber;
  }),
  probe(BackoffSchema, 'backoff.cap_required_when_factor_gt_1', (backoff) => {
    backoff.factor = 1.5;
    delete backoff.cap;
  }),
  probe(ReusePolicySchema, 'reuse_policy.replica_bounds', (policy) => {
    policy.minReplicas = 3;
    policy.maxReplicas = 2;
  }),
  probe(
    DeliveryConfigTemplateSchema,
    'at_least_one_required',
    (delivery) => {
      const empty = create(DeliveryConfigTemplateSchema);
      delivery.webhook = empty.webhook;
      delivery.email = empty.email;
    },
    ['webhook'],
  ),
  probe(InlineRuleSchema, 'paused_rule_exclusive', (rule) => {
    rule.onPhases = [ActionPhase.PAUSED, ActionPhase.SUCCEEDED];
  }),
];
