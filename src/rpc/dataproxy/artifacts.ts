import type { TaskSpec } from '../../gen/flyteidl2/task/task_definition_pb.js';
import type { ActionKey } from '../../runs/identity.ts';
import { trackedRunFile } from '../../storage/tracked-runs.ts';
import type { Storage } from '../../storage/storage.ts';
import type { AttemptFiles } from './deps.ts';

const REPORT = 'report.html';
const BUNDLE_OPTIONS = ['--tgz', '--pkl'];

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

/** The code bundle that a task's container is told to load, or undefined if its code comes with its image. */
export function codeBundleUri(spec: TaskSpec | undefined): string | undefined {
  const target = spec?.taskTemplate?.target;
  if (target?.case !== 'container') return undefined;
  const { args } = target.value;
  for (const [i, arg] of args.entries()) {
    if (BUNDLE_OPTIONS.includes(arg)) return args[i + 1];
    const option = BUNDLE_OPTIONS.find((name) => arg.startsWith(`${name}=`));
    if (option) return arg.slice(option.length + 1);
  }
  return undefined;
}

/** An output URI names the outputs file or its folder. */
function folderOf(outputUri: string): string {
  const uri = outputUri.replace(/\/$/, '');
  return uri.endsWith('.pb') ? uri.slice(0, uri.lastIndexOf('/')) : uri;
}
