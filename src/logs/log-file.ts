import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { LineSplitter } from './line-splitter.ts';

/** Bounds of what is read at once. */
const CHUNK_BYTES = 128 * 1024;
const MAX_LINE_BYTES = 64 * 1024;
const MAX_LINES = 1000;

/** Lines in their order, and when the last of them was written at the latest, in milliseconds since 1970. */
export interface LogBatch {
  readonly lines: readonly string[];
  readonly writtenAt: number;
}

/** The file is not there any more. */
export class LogVanished extends Error {}

/** A log file, open, read from its beginning to its end as often as it has grown. To be closed. */
export class LogFile {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #splitter = new LineSplitter(MAX_LINE_BYTES);
  #offset = 0;
  #writtenAt = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Undefined if there is no such file. Throws for what is no plain file: tasks can write to its folder. */
  static async open(path: string): Promise<LogFile | undefined> {
    let file: FileHandle;
    try {
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
    const stats = await file.stat();
    if (stats.isFile()) return new LogFile(file);
    await file.close();
    throw new Error(`the log ${path} is no file`);
  }

  /**
   * What was written since the last call, up to the end of the file. A file that became shorter was begun anew, and so is its reading.
   * Throws LogVanished, after everything, if the file was removed.
   */
  async *read(): AsyncGenerator<LogBatch> {
    for (;;) {
      // In this order: the time is never before that of a line that is read after it.
      const { bytesRead } = await this.#file.read(this.#buffer, 0, CHUNK_BYTES, this.#offset);
      const { size, mtimeMs, nlink } = await this.#file.stat();
      this.#writtenAt = mtimeMs;
      if (size < this.#offset + bytesRead) {
        this.#offset = 0;
        this.#splitter = new LineSplitter(MAX_LINE_BYTES);
        continue;
      }
      if (bytesRead === 0) {
        if (nlink === 0) throw new LogVanished();
        return;
      }
      this.#offset += bytesRead;
      yield* this.#batches(this.#splitter.push(this.#buffer.subarray(0, bytesRead)));
    }
  }

  /** What stands behind the last line break. */
  *rest(): Generator<LogBatch> {
    yield* this.#batches(this.#splitter.end());
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  *#batches(lines: string[]): Generator<LogBatch> {
    for (let from = 0; from < lines.length; from += MAX_LINES) {
      yield { lines: lines.slice(from, from + MAX_LINES), writtenAt: this.#writtenAt };
    }
  }
}
