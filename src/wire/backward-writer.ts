import { Buffer } from 'node:buffer';

const VARINT = 0;
const BYTES = 2;

/**
 * Writes a protobuf message from its last field to its first, so that the length of what lies inside is known when its head is written, and
 * nothing is copied or written twice. Field numbers are below 16; lengths and numbers below 2^53.
 */
export class BackwardWriter {
  #buffer: Buffer;
  #at: number;

  constructor(expectedBytes = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafe(expectedBytes);
    this.#at = expectedBytes;
  }

  /** How much has been written. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  /** A field of bytes. */
  bytes(no: number, value: Uint8Array): void {
    this.#room(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
    this.head(no, value.length);
  }

  /** A field of text; what is empty is left out unless it is `always` written. */
  text(no: number, value: string, always = false): void {
    if (value === '' && !always) return;
    const length = Buffer.byteLength(value);
    this.#room(length);
    this.#at -= length;
    this.#buffer.write(value, this.#at);
    this.head(no, length);
  }

  /** A whole number that is not negative; 0 is left out unless it is `always` written. */
  uint(no: number, value: number, always = false): void {
    if (value === 0 && !always) return;
    this.#varint(value);
    this.#byte((no << 3) | VARINT);
  }

  /** A whole number; one below zero takes ten bytes, as one of 64 bits without a sign. */
  int(no: number, value: number): void {
    if (value >= 0) {
      this.uint(no, value);
      return;
    }
    const bytes: number[] = [];
    let left = BigInt.asUintN(64, BigInt(value));
    for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
    bytes.push(Number(left));
    for (const byte of bytes.reverse()) this.#byte(byte);
    this.#byte((no << 3) | VARINT);
  }

  /** The head of a field that holds what was written since the length was `since`. */
  wrap(no: number, since: number): void {
    this.head(no, this.length - since);
  }

  /** Tag and length of a field of bytes. */
  head(no: number, length: number): void {
    this.#varint(length);
    this.#byte((no << 3) | BYTES);
  }

  /** What was written, behind so many bytes that are free for the caller. The writer must not be used any more. */
  finish(free: number): Buffer {
    this.#room(free);
    return this.#buffer.subarray(this.#at - free);
  }

  #varint(value: number): void {
    let size = 1;
    for (let left = value; left > 127; left = Math.floor(left / 128)) size++;
    this.#room(size);
    this.#at -= size;
    let left = value;
    for (let i = 0; i < size - 1; i++) {
      this.#buffer[this.#at + i] = (left % 128) | 128;
      left = Math.floor(left / 128);
    }
    this.#buffer[this.#at + size - 1] = left;
  }

  #byte(value: number): void {
    this.#room(1);
    this.#buffer[--this.#at] = value;
  }

  #room(bytes: number): void {
    if (this.#at >= bytes) return;
    const larger = Buffer.allocUnsafe(2 * this.#buffer.length + bytes);
    const at = larger.length - this.length;
    this.#buffer.copy(larger, at, this.#at);
    this.#buffer = larger;
    this.#at = at;
  }
}
