import { fromBinary } from '@bufbuild/protobuf';
import { ErrorInfo_Kind, ErrorInfoSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';

const MAX_LINE = 500;

/**
 * Who caused an error, and the line of it that a list shows: the last one that is not empty, because a traceback names the error there.
 * An error that the Python SDK reports of a run on its own machine is the text of an object with a code and a message.
 */
export function errorSummary(errorInfo: Uint8Array): { kind: string; line: string } {
  const { kind, message } = fromBinary(ErrorInfoSchema, errorInfo);
  const text = message.replaceAll('\u0000', '');
  const [, code, inner] = SDK_ERROR.exec(text) ?? [];
  const line = inner === undefined ? lastLine(text) : `${code}: ${lastLine(unescaped(inner))}`;
  // The cut must not leave half of a character.
  return {
    kind: KINDS[kind] ?? 'UNSPECIFIED',
    line: line.slice(0, MAX_LINE).replace(/[\ud800-\udbff]$/, ''),
  };
}

const SDK_ERROR = /^Error\(err=code: "([^"\n]*)"\nmessage: "((?:[^"\\\n]|\\.)*)"/;

function lastLine(text: string): string {
  const lines = text.split('\n');
  return lines.findLast((line) => line.trim() !== '')?.trim() ?? '';
}

/** Protobuf's text format escapes quotes and line ends. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

const KINDS: Partial<Record<number, string>> = {
  [ErrorInfo_Kind.USER]: 'USER',
  [ErrorInfo_Kind.SYSTEM]: 'SYSTEM',
};
