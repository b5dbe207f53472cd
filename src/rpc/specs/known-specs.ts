import { create, type DescMessage, fromBinary, type Message, type MessageShape } from '@bufbuild/protobuf';
import { LRUCache } from 'lru-cache';
import { TaskTemplateSchema } from '../../gen/flyteidl2/core/tasks_pb.js';
import { type TaskSpec, TaskSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import { partSpec } from './spec-bytes.ts';
import { type SpecPath, specHolder, specPathOf } from './spec-path.ts';

/*
 * Runs of a task, and the many actions that a run maps it over, bring the same spec again and again: most bytes of such requests,
 * and most of the work of reading and checking them. A spec that was read and found good is kept; a request that brings the same
 * bytes gets the same message, which nobody can change.
 */

const MAX_SPECS = 64;
const MAX_BYTES = 16_384;
/** A spec begins with the identity of its task: enough to tell one from the others. */
const KEY_BYTES = 192;

interface Known {
  readonly bytes: Uint8Array;
  readonly spec: TaskSpec;
}

const known = new LRUCache<string, Known>({ max: MAX_SPECS });
const accepted = new WeakSet<TaskSpec>();
/** Specs that were read and are not checked yet. */
const candidates = new WeakMap<TaskSpec, { key: string; bytes: Uint8Array }>();

/** What stands for a known spec while the rest of its request is checked: the least that the contract allows. */
const standIn = Object.freeze(create(TaskSpecSchema, { taskTemplate: create(TaskTemplateSchema) }));

/** Decodes a request. Throws as `fromBinary` does. */
export function readRequest<Desc extends DescMessage>(
  schema: Desc,
  bytes: Uint8Array,
  options: { recursionLimit: number },
): MessageShape<Desc> {
  const path = specPathOf(schema);
  const parted = path && partSpec(bytes, path);
  if (path === undefined || parted === undefined || parted.spec.length > MAX_BYTES)
    return fromBinary(schema, bytes, options);
  const { spec } = parted;
  const key = keyOf(spec);
  const found = known.get(key);
  if (found !== undefined && Buffer.compare(found.bytes, spec) === 0) {
    const message = fromBinary(schema, parted.rest(), options);
    const holder = specHolder(path, message);
    if (holder !== undefined) {
      holder.fields[holder.key] = found.spec;
      return message;
    }
  }
  const message = fromBinary(schema, bytes, options);
  const read = specIn(path, message);
  if (read !== undefined) candidates.set(read, { key, bytes: Uint8Array.from(spec) });
  return message;
}

/**
 * Checks a request, but not again the spec that it has from another one. When `check` does not throw, the request's spec is kept: from
 * then on nothing in it can be changed.
 */
export function checkBesideSpec(schema: DescMessage, message: Message, check: () => void): void {
  const path = specPathOf(schema);
  const holder = path && specHolder(path, message);
  const spec = holder?.fields[holder.key];
  if (holder === undefined || spec === undefined) {
    check();
    return;
  }
  if (!accepted.has(spec)) {
    check();
    keep(spec);
    return;
  }
  holder.fields[holder.key] = standIn;
  try {
    check();
  } finally {
    holder.fields[holder.key] = spec;
  }
}

function specIn(path: SpecPath, message: Message): TaskSpec | undefined {
  const holder = specHolder(path, message);
  return holder?.fields[holder.key];
}

function keep(spec: TaskSpec): void {
  const candidate = candidates.get(spec);
  if (candidate === undefined) return;
  candidates.delete(spec);
  freeze(spec);
  accepted.add(spec);
  known.set(candidate.key, { bytes: candidate.bytes, spec });
}

function keyOf(spec: Uint8Array): string {
  const head = Buffer.from(spec.buffer, spec.byteOffset, Math.min(spec.length, KEY_BYTES));
  return `${spec.length}:${head.toString('latin1')}`;
}

function freeze(value: unknown): void {
  // Bytes cannot be frozen; nothing writes into those of a message.
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  Object.freeze(value);
  for (const item of Object.values(value)) freeze(item);
}
