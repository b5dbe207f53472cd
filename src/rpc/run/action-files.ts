import type { Db } from '../../repository/dialects/dialect.ts';
import { readInputs } from '../../repository/read/find.ts';
import { failedPrecondition } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';
import { storeInputs } from '../../storage/inline-inputs.ts';
import type { RunDeps } from './deps.ts';

/** The files of an action: `file.pb` itself where the URI names a file, else the one of that name in the folder that it names. */
export function fileUri(uri: string, name: 'inputs.pb' | 'outputs.pb'): string {
  return uri.endsWith('.pb') ? uri : `${uri.replace(/\/+$/, '')}/${name}`;
}

/** Where the action's outputs are: those of its newest attempt that has any; empty while there are none. */
export async function outputsUri(reader: Db, actionId: number): Promise<string> {
  const row = await reader
    .selectFrom('action_attempts')
    .select('output_uri')
    .where('action_id', '=', actionId)
    .where('output_uri', 'is not', null)
    .orderBy('attempt_number', 'desc')
    .executeTakeFirst();
  return row?.output_uri ? fileUri(row.output_uri, 'outputs.pb') : '';
}

/**
 * Where the action's inputs are; empty if it has none. Inputs that came with the request stand in the database: they are put into the
 * storage, under a name made of their content, when somebody asks for their address.
 */
export async function inputsUri(
  deps: Pick<RunDeps, 'dialect' | 'storage'>,
  actionId: number,
): Promise<string> {
  const { input_uri, inputs } = await readInputs(deps.dialect.reader, actionId);
  if (input_uri !== null) return fileUri(input_uri, 'inputs.pb');
  if (inputs === null) return '';
  return storeInputs(deps.storage, inputs);
}

/**
 * The content of a file in this service's storage, undefined if it is not there (yet). Throws failed_precondition for one that is
 * kept elsewhere, resource_exhausted for one that is too large for an answer.
 */
export async function readFile(
  deps: Pick<RunDeps, 'storage' | 'maxDataBytes'>,
  uri: string,
  what: string,
): Promise<Uint8Array | undefined> {
  if (uri === '') return undefined;
  if (deps.storage.resolve(uri) === undefined) {
    throw failedPrecondition(
      `the ${what} are at ${quote(uri)}, outside this service's storage; GetActionDataURIs names the place`,
    );
  }
  return deps.storage.read(uri, deps.maxDataBytes);
}
