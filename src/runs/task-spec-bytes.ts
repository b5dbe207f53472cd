import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { LRUCache } from 'lru-cache';
import { type TaskSpec, TaskSpecSchema } from '../gen/flyteidl2/task/task_definition_pb.js';

/** A task's spec as wire bytes, with their digest. */
export interface TaskSpecBytes {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

interface Known extends TaskSpecBytes {
  readonly spec: TaskSpec;
}

const MAX_SPECS = 64;
const MAX_BYTES = 16_384;

/** The spec that came last of each task. */
const known = new LRUCache<string, Known>({ max: MAX_SPECS });
/** Of specs that nobody can change. */
const ofFrozen = new WeakMap<TaskSpec, TaskSpecBytes>();

/**
 * Encodes a spec. One that means the same as the last one of its task gets that one's bytes: runs of a task, and the many actions that a
 * run maps it over, bring the same spec again and again, and to compare it costs a fraction of encoding it. Of a spec that is frozen nothing
 * is compared at all. The message must not be changed afterwards.
 */
export function taskSpecBytes(spec: TaskSpec): TaskSpecBytes {
  if (!Object.isFrozen(spec)) return encodeSpec(spec);
  let bytes = ofFrozen.get(spec);
  if (bytes === undefined) {
    bytes = encodeSpec(spec);
    ofFrozen.set(spec, bytes);
  }
  return bytes;
}

function encodeSpec(spec: TaskSpec): TaskSpecBytes {
  const id = spec.taskTemplate?.id;
  const key = id === undefined ? '' : `${id.org}\n${id.project}\n${id.domain}\n${id.name}\n${id.version}`;
  const last = known.get(key);
  // The very same object may have been changed since: it says nothing about what was encoded.
  if (last !== undefined && last.spec !== spec && sameValue(last.spec, spec)) return last;
  const bytes = toBinary(TaskSpecSchema, spec);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (bytes.byteLength <= MAX_BYTES) known.set(key, { spec, bytes, digest });
  return { bytes, digest };
}

/** Whether two parts of messages are the same in everything, fields that this version does not know included. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!sameValue(a[i], b[i])) return false;
    return true;
  }
  return sameProperties(a as Record<string, unknown>, b as Record<string, unknown>);
}

function sameProperties(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  let count = 0;
  for (const name in a) {
    if (!Object.hasOwn(a, name)) continue;
    if (!Object.hasOwn(b, name) || !sameValue(a[name], b[name])) return false;
    count++;
  }
  return count === Object.keys(b).length;
}
