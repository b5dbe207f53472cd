import { create, toBinary } from '@bufbuild/protobuf';
import { ErrorInfo_Kind, ErrorInfoSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { ActionKey } from '../runs/identity.ts';
import { isTerminal, type Phase } from '../runs/phase.ts';
import type { Command, StoredRunKey } from './write/command.ts';
import { findAction, needAction } from './write/commands/find.ts';

/**
 * An action that whoever should execute it refused for good: it ends as FAILED, with the sentence, as an error of the system. One that has
 * ended meanwhile stays as it is.
 */
export function failRefused(
  place: { key: ActionKey; stored: StoredRunKey },
  sentence: string,
): Command<void> {
  const { key, stored } = place;
  return {
    runs: [stored],
    actions: [needAction(stored, key.name, ['latest'])],
    apply(unit) {
      const action = findAction(unit, 'RUN', key, stored);
      if (isTerminal(action.row.phase as Phase)) return;
      const error = create(ErrorInfoSchema, {
        code: 'Refused',
        message: sentence,
        kind: ErrorInfo_Kind.SYSTEM,
      });
      unit.applyEvent(
        action,
        {
          attempt: action.row.attempts,
          phase: 'FAILED',
          version: 0,
          time: unit.now,
          fields: { error_info: toBinary(ErrorInfoSchema, error) },
        },
        { decides: true },
      );
    },
  };
}
