import { type ChildProcess, fork } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { Job, Results } from '../client/main.ts';

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A client in a process of its own. */
export class ClientProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #next = 1;

  constructor() {
    this.#child = fork(join(dirname(import.meta.dirname), 'client/main.ts'), {
      serialization: 'advanced',
      execArgv: ['--max-semi-space-size=32'],
    });
    this.#child.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer.result);
      else waiting?.reject(new Error(`a client failed: ${answer.error}`));
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`a client ended with ${code}`));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a job and waits for its result. */
  run<J extends Job>(job: J): Promise<Results[J['kind']]> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#child.send({ id, job });
    });
  }

  /** Ends the process, whatever it does. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
