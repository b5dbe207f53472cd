import type { ActionKey } from '../../runs/identity.ts';
import { trackedRunFile } from '../../storage/tracked-runs.ts';
import type { Storage } from '../../storage/storage.ts';
import type { AttemptFiles } from './deps.ts';

const REPORT = 'report.html';

/**
 * Where the report of an attempt may be, the likeliest first: where the attempt says, beside its outputs, or where the SDK puts the
 * report of a tracked run while it is still running.
 */
export function reportUris(
  storage: Storage,
  org: string,
  action: ActionKey,
  attempt: number,
  files: AttemptFiles,
): string[] {
  const uris: string[] = [];
  if (files.reportUri !== '') uris.push(files.reportUri);
  if (files.outputUri !== '') uris.push(`${folderOf(files.outputUri)}/${REPORT}`);
  uris.push(storage.nativeUrl(trackedRunFile(org, action, attempt, REPORT)));
  return uris;
}

/** An output URI names the outputs file or its folder. */
function folderOf(outputUri: string): string {
  const uri = outputUri.replace(/\/$/, '');
  return uri.endsWith('.pb') ? uri.slice(0, uri.lastIndexOf('/')) : uri;
}
