import type { HeldExecution } from '../repository/write/commands/execution.ts';
import type { Instant } from '../runs/instant.ts';
import type { TaskProcess } from './task-process.ts';

/** Why a process is ended: its action has ended (by abort, mostly), or its time is up. */
export type KillReason = 'action ended' | 'runtime' | 'deadline';

/** An execution that this executor has in hand: from its claim until nothing of it is left. */
export interface Live {
  readonly actionId: number;
  readonly runId: number;
  readonly depth: number;
  held: HeldExecution;
  process: TaskProcess | undefined;
  /** Set once it is to end. */
  kill:
    | {
        readonly reason: KillReason;
        readonly since: Instant;
        /** The processes that were told so. */
        readonly asked: Set<number>;
        /** Whether those that did not heed it are being killed. */
        forced: boolean;
      }
    | undefined;
}

/** Points at which tests stop an executor, or kill it. */
export type HookPoint = 'claimed' | 'begun' | 'prepared' | 'spawned' | 'recorded' | 'ended' | 'settled';

/** What an executor counts. */
export interface ExecutorMetrics {
  /** Processes that are there or being made. */
  readonly running: { set(value: number): void };
  /** Actions in the queue. */
  readonly waiting: { set(value: number): void };
  /** How long the oldest of them has waited that may start. */
  readonly oldestSeconds: { set(value: number): void };
  readonly starts: { inc(): void };
  readonly ends: { inc(labels: { phase: string }): void };
  readonly retries: { inc(labels: { after: string }): void };
  readonly leasesLost: { inc(): void };
  readonly takenOver: { inc(value: number): void };
}
