import { Buffer } from 'node:buffer';
import { toBinary } from '@bufbuild/protobuf';
import { type RunIdentifier, RunIdentifierSchema } from '../gen/flyteidl2/common/identifier_pb.js';
import type { TreeRow } from '../repository/read/watch-actions.ts';
import type { Instant } from '../runs/instant.ts';

/** What changes in an action, as its row has it. */
export type ActionState = Pick<
  TreeRow,
  'attempts' | 'start_time' | 'end_time' | 'duration_ms' | 'cache_status'
> & {
  /** Number of its phase in `ActionPhase`. */
  readonly phase: number;
};

/** The types of fields on the wire, in the lower bits of a tag. */
const VARINT = 0;
const BYTES = 2;
/** What is written beside names and metadata, whatever the numbers are: status, tags, lengths. */
const MOST_BYTES_OF_STATUS = 128;
/** Of an entry of the counts, and there are fewer than this many phases. */
const MOST_BYTES_OF_COUNTS = 20 * 32;

/** Where messages are put together before they are copied to a place of their size. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

/** The part of an `Action` that never changes: its fields `id` and `metadata`. `run` is the encoded `RunIdentifier`. */
export function fixedBytes(run: Uint8Array, name: string, metadata: Uint8Array): Buffer {
  const most = run.length + 3 * name.length + metadata.length + MOST_BYTES_OF_STATUS;
  const to = room(most);
  const nameLength = Buffer.byteLength(name);
  const idLength = (run.length > 0 ? sizeOfField(run.length) : 0) + sizeOfField(nameLength);
  let at = tag(to, 0, 1, BYTES);
  at = varint(to, at, idLength);
  if (run.length > 0) at = bytes(to, at, 1, run);
  at = tag(to, at, 2, BYTES);
  at = varint(to, at, nameLength);
  at += to.write(name, at);
  at = bytes(to, at, 2, metadata);
  return copy(to, at);
}

/** The encoded identity that the actions of a run share. */
export function runBytes(run: RunIdentifier | undefined): Uint8Array {
  return run === undefined ? new Uint8Array() : toBinary(RunIdentifierSchema, run);
}

/**
 * An `EnrichedAction` as it stands in a `WatchActionsResponse`, tag and length included, so that a message is nothing but its actions one
 * after the other. Written by hand because a snapshot has tens of thousands of them; the tests hold it against the generated code.
 */
export function enrichedBytes(
  fixed: Uint8Array,
  state: ActionState,
  meetsFilter: boolean,
  counts: Int32Array | undefined,
): Buffer {
  // Lengths stand before what they measure: the parts are written from the back of the room to its front.
  const to = room(fixed.length + MOST_BYTES_OF_STATUS + MOST_BYTES_OF_COUNTS + 64);
  const statusAt = 64;
  const statusEnd = status(to, statusAt, state);
  const statusLength = statusEnd - statusAt;
  const actionLength = fixed.length + sizeOfField(statusLength);
  let at = statusEnd;
  at = tag(to, at, 1, BYTES);
  at = varint(to, at, actionLength);
  at += copyInto(to, at, fixed);
  at = tag(to, at, 3, BYTES);
  at = varint(to, at, statusLength);
  to.copyWithin(at, statusAt, statusEnd);
  at += statusLength;
  if (meetsFilter) {
    at = tag(to, at, 2, VARINT);
    to[at++] = 1;
  }
  if (counts !== undefined) at = phaseCounts(to, at, counts);
  const length = at - statusEnd;
  // The head goes where the status was written first; it is at most six bytes long, a status at least two.
  const head = statusEnd - sizeOfField(length) + length;
  varint(to, tag(to, head, 1, BYTES), length);
  return copy(to.subarray(head), at - head);
}

/** A `WatchActionsResponse` made of those actions, behind as many free bytes as asked for. */
export function responseBytes(actions: readonly Uint8Array[], free: number): Buffer {
  let length = free;
  for (const action of actions) length += action.length;
  const response = Buffer.allocUnsafe(length);
  let at = free;
  for (const action of actions) at += copyInto(response, at, action);
  return response;
}

/** The fields of an `ActionStatus`; what is zero is left out, as it is everywhere in this format. */
function status(to: Buffer, start: number, state: ActionState): number {
  let at = uint(to, start, 1, state.phase);
  at = timestamp(to, at, 2, state.start_time);
  if (state.end_time !== null) at = timestamp(to, at, 3, state.end_time);
  at = uint(to, at, 4, state.attempts);
  at = uint(to, at, 5, state.cache_status);
  if (state.duration_ms === null) return at;
  // Optional: a zero that is there is written.
  return varint(to, tag(to, at, 6, VARINT), state.duration_ms);
}

function timestamp(to: Buffer, start: number, field: number, instant: Instant): number {
  const seconds = Date.parse(`${instant.slice(0, 19)}Z`) / 1000;
  const nanos = Number(instant.slice(20, 26)) * 1000;
  // Its length is below 128: one byte, which is filled in last.
  const lengthAt = tag(to, start, field, BYTES);
  let at = lengthAt + 1;
  if (seconds < 0) at = negative(to, tag(to, at, 1, VARINT), seconds);
  else at = uint(to, at, 1, seconds);
  at = uint(to, at, 2, nanos);
  to[lengthAt] = at - lengthAt - 1;
  return at;
}

function phaseCounts(to: Buffer, start: number, counts: Int32Array): number {
  let at = start;
  for (let phase = 0; phase < counts.length; phase++) {
    const count = counts[phase] ?? 0;
    if (count <= 0) continue;
    at = tag(to, at, 3, BYTES);
    const lengthAt = at++;
    // Of a map both are always written.
    at = varint(to, tag(to, at, 1, VARINT), phase);
    at = varint(to, tag(to, at, 2, VARINT), count);
    to[lengthAt] = at - lengthAt - 1;
  }
  return at;
}

/** A number that is left out when it is zero. */
function uint(to: Buffer, at: number, field: number, value: number): number {
  return value === 0 ? at : varint(to, tag(to, at, field, VARINT), value);
}

function bytes(to: Buffer, start: number, field: number, value: Uint8Array): number {
  const at = varint(to, tag(to, start, field, BYTES), value.length);
  return at + copyInto(to, at, value);
}

/** Field numbers below 16 have a tag of one byte. */
function tag(to: Buffer, at: number, field: number, type: number): number {
  to[at] = (field << 3) | type;
  return at + 1;
}

/** A whole number from 0 up to 2^53. */
function varint(to: Buffer, start: number, value: number): number {
  let at = start;
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) to[at++] = (left % 128) | 128;
  to[at++] = left;
  return at;
}

/** A whole number below zero takes ten bytes: it counts as one of 64 bits without a sign. */
function negative(to: Buffer, start: number, value: number): number {
  let left = BigInt.asUintN(64, BigInt(value));
  let at = start;
  for (; left > 127n; left >>= 7n) to[at++] = Number(left & 127n) | 128;
  to[at++] = Number(left);
  return at;
}

/** How many bytes a field of so many bytes takes with its tag and length. */
function sizeOfField(length: number): number {
  let size = 2 + length;
  for (let left = length; left > 127; left >>>= 7) size++;
  return size;
}

function copyInto(to: Buffer, at: number, from: Uint8Array): number {
  to.set(from, at);
  return from.length;
}

function room(bytesAtMost: number): Buffer {
  if (scratch.length < bytesAtMost) scratch = Buffer.allocUnsafeSlow(2 * bytesAtMost);
  return scratch;
}

function copy(from: Buffer, length: number): Buffer {
  const own = Buffer.allocUnsafe(length);
  from.copy(own, 0, 0, length);
  return own;
}
