import { Buffer } from 'node:buffer';
import type { SpecPath } from './spec-path.ts';

/** The wire bytes of a request in two parts. */
export interface Parted {
  /** The spec's own bytes, inside the request's. */
  readonly spec: Uint8Array;
  /** The request with an empty spec in the place of its spec. */
  readonly rest: () => Uint8Array;
}

const LENGTH_DELIMITED = 2;
/** Tags and lengths have at most five bytes: larger ones are no protobuf, or wider than a message can be. */
const MAX_VARINT_BYTES = 5;

/** A field in wire bytes: its length begins at `length`, its content at `start`; it ends before `end`. */
interface Span {
  readonly length: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the spec of a request in its wire bytes. Undefined if it is not there, not there once only (protobuf merges what comes twice),
 * or if the bytes are not plain: then whoever decodes all of them says what is wrong.
 */
export function partSpec(bytes: Uint8Array, path: SpecPath): Parted | undefined {
  const spans: Span[] = [];
  let from = 0;
  let to = bytes.length;
  for (const { number } of path) {
    const span = onlyField(bytes, from, to, number);
    if (span === undefined) return undefined;
    spans.push(span);
    from = span.start;
    to = span.end;
  }
  return { spec: bytes.subarray(from, to), rest: () => hollow(bytes, spans) };
}

/** Takes out the innermost content, and corrects the lengths around it. */
function hollow(bytes: Uint8Array, spans: readonly Span[]): Uint8Array {
  const lengths = hollowLengths(spans);
  const [outermost] = spans;
  const saved =
    (outermost?.end ?? 0) - (outermost?.length ?? 0) - sizeOf(lengths[0] ?? 0) - (lengths[0] ?? 0);
  const rest = Buffer.allocUnsafe(bytes.length - saved);
  let from = 0;
  let at = 0;
  for (const [depth, span] of spans.entries()) {
    rest.set(bytes.subarray(from, span.length), at);
    at = writeVarint(rest, at + span.length - from, lengths[depth] ?? 0);
    from = span.start;
  }
  rest.set(bytes.subarray(spans.at(-1)?.end ?? 0), at);
  return rest;
}

/** How long the content of each span is once the innermost one is empty. */
function hollowLengths(spans: readonly Span[]): number[] {
  const lengths: number[] = [];
  let length = 0;
  for (let depth = spans.length - 1; depth >= 0; depth--) {
    lengths[depth] = length;
    const span = spans[depth] as Span;
    const outer = spans[depth - 1];
    if (outer !== undefined)
      length = outer.end - outer.start - (span.end - span.length) + sizeOf(length) + length;
  }
  return lengths;
}

function onlyField(bytes: Uint8Array, from: number, to: number, number: number): Span | undefined {
  const reader = new Reader(bytes, from, to);
  let found: Span | undefined;
  while (reader.at < to) {
    const key = reader.varint();
    const length = reader.at;
    const span = key === undefined ? undefined : reader.skip(key & 7);
    if (key === undefined || span === undefined) return undefined;
    if (key >>> 3 !== number) continue;
    if (found !== undefined || (key & 7) !== LENGTH_DELIMITED) return undefined;
    found = { length, ...span };
  }
  return found;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#bytes = bytes;
    this.at = from;
    this.#end = to;
  }

  /** An unsigned number of up to 32 bits. */
  varint(): number | undefined {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES && this.at < this.#end; i++) {
      const byte = this.#bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value < 2 ** 32 ? value : undefined;
    }
    return undefined;
  }

  /** Steps over a value; returns where its content is. */
  skip(wireType: number): { start: number; end: number } | undefined {
    const length = this.#lengthOf(wireType);
    if (length === undefined || this.at + length > this.#end) return undefined;
    const start = this.at;
    this.at += length;
    return { start, end: this.at };
  }

  #lengthOf(wireType: number): number | undefined {
    switch (wireType) {
      case 0: {
        let bytes = 1;
        while (bytes < 10 && (this.#bytes[this.at + bytes - 1] ?? 0) >= 0x80) bytes++;
        return bytes;
      }
      case 1:
        return 8;
      case LENGTH_DELIMITED:
        return this.varint();
      case 5:
        return 4;
      default:
        return undefined;
    }
  }
}

function sizeOf(value: number): number {
  let size = 1;
  for (let left = value; left >= 0x80; left = Math.floor(left / 0x80)) size++;
  return size;
}

/** Returns where it ends. */
function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes[at++] = (left % 0x80) | 0x80;
  bytes[at++] = left;
  return at;
}
