/* What the model, and the service, are asked to do. Part of the model: nothing is imported from the service. */
import type { Happening } from './attempt.ts';

/** What is asked of the service. `now` is the time of the transaction. */
export type Command =
  | { readonly do: 'create'; readonly run: string; readonly tracked: boolean; readonly retries: number }
  | ({ readonly do: 'record'; readonly run: string } & NewThing)
  | {
      readonly do: 'events';
      readonly events: readonly { readonly run: string; readonly action: string; readonly of: Happening }[];
    }
  | {
      readonly do: 'status';
      readonly run: string;
      readonly action: string;
      readonly of: Happening;
      readonly durationMs?: number | undefined;
      readonly reason?: string | undefined;
      readonly output?: string | undefined;
    }
  | { readonly do: 'signal'; readonly run: string; readonly action: string; readonly value: string | boolean }
  | { readonly do: 'abort'; readonly run: string; readonly action: string; readonly tracked: boolean }
  | { readonly do: 'report'; readonly run: string; readonly updates: readonly Update[] };

/** An action that may be new. */
export interface NewThing {
  readonly action: string;
  /** Empty for the root action. */
  readonly parent: string;
  readonly type: 'TASK' | 'TRACE' | 'CONDITION';
  readonly retries: number;
  /** What a trace says of itself. */
  readonly of?: Happening | undefined;
  readonly since?: number | undefined;
}

/** An update of a tracked run. */
export interface Update {
  readonly action: string;
  readonly of: Happening;
  readonly spec?: Omit<NewThing, 'action'> | undefined;
  readonly status?: { readonly of: Happening; readonly durationMs?: number | undefined } | undefined;
}

/** 'ok', or the code with which a command, or a part of it, is refused. */
export type Outcome = string | readonly string[];
