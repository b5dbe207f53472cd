const NEWLINE = 0x0a;
/** UTF-8 needs at most this many bytes for one character. */
const CHARACTER_BYTES = 4;

/**
 * Cuts a stream of bytes into lines, each with the `\n` at its end. A line that is longer than `maxLineBytes` comes in pieces, of which
 * only the last one has it; pieces never cut a character apart. What is no UTF-8 becomes U+FFFD.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** The lines that these bytes complete. The bytes are not kept. */
  push(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    let rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      const length = end < 0 ? rest.length : end + 1;
      if (length > this.#maxLineBytes) {
        const cut = characterStart(rest, this.#maxLineBytes);
        lines.push(rest.toString('utf8', 0, cut));
        rest = rest.subarray(cut);
      } else if (end < 0) {
        // A copy: what was cut off may be large.
        this.#rest = Buffer.from(rest);
        return lines;
      } else {
        lines.push(rest.toString('utf8', 0, length));
        rest = rest.subarray(length);
      }
    }
  }

  /** What came after the last line, as a line. To be called at the end. */
  end(): string[] {
    const rest = this.#rest.toString('utf8');
    this.#rest = Buffer.alloc(0);
    return rest === '' ? [] : [`${rest}\n`];
  }
}

/** The last place at or before `index` where a character begins; `index` where there is no UTF-8. */
function characterStart(bytes: Buffer, index: number): number {
  for (let start = index; start > Math.max(0, index - CHARACTER_BYTES); start--) {
    if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start;
  }
  return index;
}
