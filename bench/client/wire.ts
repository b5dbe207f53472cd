/** The little of the protobuf wire format that the clients need in their hot loops. */

/** A gRPC frame: no compression, the length, the message. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/** A length-delimited field, for field numbers below 16 or a tag of two bytes above. */
export function field(no: number, value: Uint8Array | string): Buffer {
  const body = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint((no << 3) | 2), varint(body.length), body]);
}

/** A field of type varint. */
export function intField(no: number, value: number): Buffer {
  return Buffer.concat([varint(no << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Calls back for each field in bytes[from, to): its number, and where its value is (for varints: the value itself and -1). */
export function eachField(
  bytes: Uint8Array,
  from: number,
  to: number,
  visit: (no: number, start: number, end: number) => void,
): void {
  let at = from;
  const readVarint = (): number => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  while (at < to) {
    const tag = readVarint();
    const no = Math.floor(tag / 8);
    switch (tag & 7) {
      case 0:
        visit(no, readVarint(), -1);
        break;
      case 2: {
        const length = readVarint();
        visit(no, at, at + length);
        at += length;
        break;
      }
      case 1:
        at += 8;
        break;
      case 5:
        at += 4;
        break;
      default:
        throw new Error(`wire type ${tag & 7} was not expected`);
    }
  }
}

/** Where the value of a length-delimited field is, following a path of field numbers; undefined if it is not there. */
export function find(
  bytes: Uint8Array,
  path: readonly number[],
  from = 0,
  to = bytes.length,
): [number, number] | undefined {
  let range: [number, number] | undefined = [from, to];
  for (const wanted of path) {
    if (range === undefined) return undefined;
    let found: [number, number] | undefined;
    eachField(bytes, range[0], range[1], (no, start, end) => {
      if (no === wanted && end >= 0) found = [start, end];
    });
    range = found;
  }
  return range;
}

/** The value of a varint field, 0 if it is not there. */
export function findInt(bytes: Uint8Array, wanted: number, from = 0, to = bytes.length): number {
  let value = 0;
  eachField(bytes, from, to, (no, start, end) => {
    if (no === wanted && end < 0) value = start;
  });
  return value;
}

/** Takes gRPC messages out of the chunks of a stream. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** The messages that are complete with this chunk. */
  push(chunk: Buffer): Buffer[] {
    let data = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const messages: Buffer[] = [];
    while (data.length >= 5) {
      const length = data.readUInt32BE(1);
      if (data.length < 5 + length) break;
      if (data[0] !== 0) throw new Error('a compressed message was not asked for');
      messages.push(data.subarray(5, 5 + length));
      data = data.subarray(5 + length);
    }
    this.#pending = data;
    return messages;
  }
}
