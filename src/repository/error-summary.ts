import { fromBinary } from '@bufbuild/protobuf';
import { ErrorInfo_Kind, ErrorInfoSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';

const MAX_LINE = 500;

/** Who caused an error, and the line of it that a list shows: the last one that is not empty (a traceback names the error there). */
export function errorSummary(errorInfo: Uint8Array): { kind: string; line: string } {
  const { kind, message } = fromBinary(ErrorInfoSchema, errorInfo);
  const lines = message.replaceAll('\u0000', '').split('\n');
  const line = lines.findLast((text) => text.trim() !== '')?.trim() ?? '';
  return { kind: KINDS[kind] ?? 'UNSPECIFIED', line: line.slice(0, MAX_LINE) };
}

const KINDS: Partial<Record<number, string>> = {
  [ErrorInfo_Kind.USER]: 'USER',
  [ErrorInfo_Kind.SYSTEM]: 'SYSTEM',
};
