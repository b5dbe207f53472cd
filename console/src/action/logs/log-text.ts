import { FrameStore } from '../../api/frame-store.ts';

/** How much of a log a page keeps. What is older than that is forgotten. */
export interface LogBounds {
  readonly lines: number;
  readonly characters: number;
}

const BOUNDS: LogBounds = { lines: 400_000, characters: 150_000_000 };
/** Forgotten so many lines at a time, so that not every line costs a move of all others. */
const AT_ONCE = 4096;

/**
 * The lines of a log, counted from 1, as a stream brings them. A stream that is opened anew tells the log from its beginning: what is
 * known already stays, so that nothing on the page moves.
 */
export class LogText {
  readonly frames: FrameStore;
  readonly #bounds: LogBounds;
  #lines: string[] = [];
  #characters = 0;
  #forgotten = 0;
  /** How many lines the open stream has told. */
  #told = 0;

  constructor(frames = new FrameStore(), bounds = BOUNDS) {
    this.frames = frames;
    this.#bounds = bounds;
  }

  /** Number of the last line; 0 if there is none. */
  get last(): number {
    return this.#forgotten + this.#lines.length;
  }

  /** Number of the first line that is kept. */
  get first(): number {
    return this.#forgotten + 1;
  }

  /** The line with this number; undefined if there is none, or it was forgotten. */
  line(number: number): string | undefined {
    return this.#lines[number - this.#forgotten - 1];
  }

  /** All lines that are kept. */
  all(): readonly string[] {
    return this.#lines;
  }

  /** A stream begins to tell the log from its first line. */
  begin(): void {
    this.#told = 0;
  }

  /** The next lines of the stream. */
  append(lines: Iterable<string>): void {
    for (const line of lines) {
      this.#told++;
      if (this.#told <= this.last) continue;
      this.#lines.push(line);
      this.#characters += line.length;
    }
    this.#forget();
    this.frames.touch();
  }

  #forget(): void {
    while (this.#lines.length > this.#bounds.lines || this.#characters > this.#bounds.characters) {
      const gone = this.#lines.splice(0, Math.min(AT_ONCE, Math.ceil(this.#lines.length / 2)));
      if (gone.length === 0) return;
      this.#forgotten += gone.length;
      for (const line of gone) this.#characters -= line.length;
    }
  }
}
