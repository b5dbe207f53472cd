import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ContainerError,
  ContainerError_Kind,
  ErrorDocumentSchema,
  ExecutionError_ErrorKind,
} from '../gen/flyteidl2/core/execution_pb.js';
import { ErrorInfo_Kind, ErrorInfoSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { Storage } from '../storage/storage.ts';
import { readExitCode } from './wrapper.ts';

/** What an attempt left behind. */
export interface Evidence {
  /** From `error.pb`. */
  readonly error: ContainerError | undefined;
  readonly hasOutputs: boolean;
  readonly hasReport: boolean;
  /** Undefined if the wrapper was killed. */
  readonly exitCode: number | undefined;
  /** The end of the log. */
  readonly logTail: string;
}

/** Why an attempt failed. */
export interface Failure {
  readonly message: string;
  readonly code: string;
  readonly kind: 'USER' | 'SYSTEM';
  /** Who has to answer for it: another attempt of the task's own, one that the executor grants, or none. */
  readonly retry: 'user' | 'system' | 'never';
}

const MAX_ERROR_BYTES = 16 * 2 ** 20;
const MAX_MESSAGE = 32_768;
const TAIL_BYTES = 4096;

/** Reads what an attempt left behind in the storage; null stands for one that never began. */
export async function readResults(
  storage: Pick<Storage, 'read' | 'exists'>,
  outputPrefix: string | null,
): Promise<Evidence> {
  const nothing = { exitCode: undefined, logTail: '' };
  if (outputPrefix === null) return { ...nothing, error: undefined, hasOutputs: false, hasReport: false };
  const [document, hasOutputs, hasReport] = await Promise.all([
    storage.read(`${outputPrefix}/error.pb`, MAX_ERROR_BYTES),
    storage.exists(`${outputPrefix}/outputs.pb`),
    storage.exists(`${outputPrefix}/report.html`),
  ]);
  return { ...nothing, error: document && readError(document), hasOutputs, hasReport };
}

/** Reads what an attempt left behind in the storage and in its folder. */
export async function readEvidence(
  storage: Pick<Storage, 'read' | 'exists'>,
  attempt: { outputPrefix: string; folder: string; token: string },
): Promise<Evidence> {
  const { outputPrefix, folder, token } = attempt;
  const [results, exitCode, logTail] = await Promise.all([
    readResults(storage, outputPrefix),
    readExitCode(folder, token),
    readTail(join(folder, 'log')),
  ]);
  return { ...results, exitCode, logTail };
}

/**
 * What the evidence says; undefined means success. An error document counts first, then outputs: whatever the exit code, since an
 * interpreter may die at its exit. A task that wrote neither is judged by its exit code, and without one nobody saw how it ended.
 */
export function judge({ error, hasOutputs, exitCode, logTail }: Evidence): Failure | undefined {
  if (error !== undefined) {
    return {
      message: shorten(error.message) || 'the task failed and gave no reason',
      code: error.code,
      kind: error.origin === ExecutionError_ErrorKind.SYSTEM ? 'SYSTEM' : 'USER',
      retry: error.kind === ContainerError_Kind.RECOVERABLE ? 'user' : 'never',
    };
  }
  if (hasOutputs || exitCode === 0) return undefined;
  const tail = logTail === '' ? '' : `\n${logTail}`;
  if (exitCode === undefined) return lost(tail);
  return {
    message: `the process ended with ${exitText(exitCode)} and left no error document${tail}`,
    code: 'ProcessExit',
    kind: 'USER',
    retry: 'user',
  };
}

/** A failure that is not the task's: the executor grants another attempt. */
export function systemFailure(code: string, message: string): Failure {
  return { message: shorten(message), code, kind: 'SYSTEM', retry: 'system' };
}

/** The wire bytes of a failure as details show it. */
export function errorInfo({ message, code, kind }: Failure): Uint8Array {
  return toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { message, code, kind: ErrorInfo_Kind[kind] }));
}

function lost(tail: string): Failure {
  return systemFailure(
    'ProcessLost',
    `the process is gone and nobody saw how it ended: it was killed, or the machine was restarted${tail}`,
  );
}

function exitText(code: number): string {
  return code > 128 && code < 192 ? `signal ${code - 128} (exit code ${code})` : `exit code ${code}`;
}

function readError(bytes: Uint8Array): ContainerError | undefined {
  try {
    return fromBinary(ErrorDocumentSchema, bytes).error;
  } catch {
    // It is there, so the task failed, whatever it says.
    return {
      $typeName: 'flyteidl2.core.ContainerError',
      code: 'UnreadableError',
      message: 'the task failed; its error document is not readable',
      kind: ContainerError_Kind.NON_RECOVERABLE,
      origin: ExecutionError_ErrorKind.UNKNOWN,
    };
  }
}

/** A traceback says most at its beginning and its end. */
function shorten(message: string): string {
  const text = message.replaceAll('\u0000', '');
  if (text.length <= MAX_MESSAGE) return text;
  const half = MAX_MESSAGE / 2;
  return `${text.slice(0, half)}\n[…]\n${text.slice(-half)}`;
}

async function readTail(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const from = Math.max(0, size - TAIL_BYTES);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
      return buffer.subarray(0, bytesRead).toString('utf8').replaceAll('\u0000', '').trim();
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}
