import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { ActionDetails } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import {
  type WatchActionDetailsResponse,
  WatchActionDetailsResponseSchema,
} from '../gen/flyteidl2/workflow/run_service_pb.js';
import { isTerminal, phaseFromNumber } from '../runs/phase.ts';
import { encodedMessage, PREFIX_BYTES } from '../wire/encoded-message.ts';

/** The details of an action as they are kept for those who watch them: the message's objects would take several times the memory. */
export interface EncodedDetails {
  /** The bytes of a WatchActionDetailsResponse behind those that `encodedMessage` wants. */
  readonly envelope: Buffer;
  /** Whether the action is in a phase in which it stays. */
  readonly ended: boolean;
}

export function encodeDetails(details: ActionDetails): EncodedDetails {
  const bytes = toBinary(
    WatchActionDetailsResponseSchema,
    create(WatchActionDetailsResponseSchema, { details }),
  );
  // With memory of its own: a pool's would be held as a whole.
  const envelope = Buffer.alloc(PREFIX_BYTES + bytes.length);
  envelope.set(bytes, PREFIX_BYTES);
  const phase = phaseFromNumber(details.status?.phase ?? 0);
  return { envelope, ended: phase !== undefined && isTerminal(phase) };
}

export function sameDetails(a: EncodedDetails, b: EncodedDetails): boolean {
  return a.envelope.equals(b.envelope);
}

/** The message, whose bytes need not be made to send it. */
export function detailsResponse({ envelope }: EncodedDetails): WatchActionDetailsResponse {
  return encodedMessage(WatchActionDetailsResponseSchema, envelope);
}

/** The details themselves, anew at each call. */
export function decodeDetails({ envelope }: EncodedDetails): ActionDetails | undefined {
  return fromBinary(WatchActionDetailsResponseSchema, envelope.subarray(PREFIX_BYTES)).details;
}
