import {
  actionEvent,
  childName,
  createRunRequest,
  recordActionRequest,
  updateStatusRequest,
} from './messages.ts';
import { field, find, findInt, frame, intField } from './wire.ts';

/** QUEUED, INITIALIZING, RUNNING, SUCCEEDED: the phases that one action goes through. */
export const PHASES_OF_AN_ACTION = [1, 3, 4, 5] as const;

/** What a client sends; `run` is the beginning of run names, `runs` and `children` say what was prepared. */
export interface SourceOptions {
  readonly kind: keyof typeof SOURCES;
  readonly prefix: string;
  readonly runs: number;
  readonly children: number;
  /** Of several processes that share the work, which one this is. */
  readonly share: { readonly index: number; readonly of: number };
  /** Events per request. */
  readonly batch?: number;
}

/** Requests that have to be sent one after the other, framed, and how many operations each of them is. */
export interface Chain {
  readonly frames: readonly Buffer[];
  readonly operations: number;
}

/** An endless or finite supply of requests to one RPC. */
export interface Source {
  readonly path: string;
  /** The next requests; undefined when there are no more. */
  next(): Chain | undefined;
  /** Throws when an answer says that its request failed. */
  check(answer: Buffer): void;
}

type Make = (options: SourceOptions) => Omit<Source, 'next'> & { at(n: number): Chain | undefined };

/** The name of the n-th run with a prefix. */
export const runName = (prefix: string, n: number): string => `${prefix}${n.toString(36)}`;

const INTERNAL = '/flyteidl2.workflow.InternalRunService/';

/** Fails unless the google.rpc.Status at this path has code 0. */
function statusAt(path: readonly number[]): (answer: Buffer) => void {
  return (answer) => {
    const found = find(answer, path);
    if (found === undefined) throw new Error('an answer has no status');
    if (findInt(answer, 1, ...found) !== 0) {
      throw new Error(`an answer says: ${answer.subarray(...found).toString('latin1')}`);
    }
  };
}

function placeOf({ prefix, runs, children }: SourceOptions, n: number) {
  const run = Math.floor(n / children);
  return run < runs ? { run: runName(prefix, run), name: childName(n % children) } : undefined;
}

const recordAction: Make = (options) => ({
  path: `${INTERNAL}RecordAction`,
  at(n) {
    const place = placeOf(options, n);
    return place && { frames: [frame(recordActionRequest(place.run, place.name))], operations: 1 };
  },
  check: statusAt([2]),
});

const updateStatus: Make = (options) => ({
  path: `${INTERNAL}UpdateActionStatus`,
  at(n) {
    const place = placeOf(options, n);
    return (
      place && {
        frames: PHASES_OF_AN_ACTION.map((phase) =>
          frame(updateStatusRequest(place.run, place.name, phase, 1)),
        ),
        operations: 1,
      }
    );
  },
  check: statusAt([2]),
});

const recordEvents: Make = (options) => {
  const batch = options.batch ?? 100;
  const perRun = Math.floor(options.children / batch);
  return {
    path: `${INTERNAL}RecordActionEvents`,
    at(n) {
      const run = Math.floor(n / perRun);
      if (run >= options.runs) return undefined;
      const first = (n % perRun) * batch;
      const events = (phase: number) =>
        Array.from({ length: batch }, (_, i) =>
          field(1, actionEvent(runName(options.prefix, run), childName(first + i), phase)),
        );
      return {
        frames: PHASES_OF_AN_ACTION.map((phase) => frame(Buffer.concat(events(phase)))),
        operations: batch,
      };
    },
    check: statusAt([1]),
  };
};

/** The streams send the messages of several actions phase by phase, so that messages of one action are far apart, as in practice. */
const ABREAST = 200;

function interleaved(options: SourceOptions, message: (run: string, name: string, phase: number) => Buffer) {
  return (n: number): Chain | undefined => {
    const block = Math.floor(n / (ABREAST * PHASES_OF_AN_ACTION.length));
    const within = n % (ABREAST * PHASES_OF_AN_ACTION.length);
    const place = placeOf(options, block * ABREAST + (within % ABREAST));
    const phase = PHASES_OF_AN_ACTION[Math.floor(within / ABREAST)] ?? 5;
    return place && { frames: [frame(message(place.run, place.name, phase))], operations: 1 };
  };
}

const recordActionStream: Make = (options) => ({
  path: `${INTERNAL}RecordActionStream`,
  at(n) {
    const place = placeOf(options, n);
    return place && { frames: [frame(field(1, recordActionRequest(place.run, place.name)))], operations: 1 };
  },
  check: statusAt([1, 2]),
});

const updateStatusStream: Make = (options) => ({
  path: `${INTERNAL}UpdateActionStatusStream`,
  at: interleaved(options, (run, name, phase) =>
    Buffer.concat([field(1, updateStatusRequest(run, name, phase, 1)), intField(2, 7)]),
  ),
  check: statusAt([1, 2]),
});

const recordEventStream: Make = (options) => ({
  path: `${INTERNAL}RecordActionEventStream`,
  at: interleaved(options, (run, name, phase) =>
    Buffer.concat([field(1, field(1, actionEvent(run, name, phase))), intField(2, 7)]),
  ),
  check: statusAt([1, 2]),
});

const createRun: Make = ({ prefix }) => ({
  path: '/flyteidl2.workflow.RunService/CreateRun',
  at: (n) => ({ frames: [frame(createRunRequest(runName(prefix, n), n))], operations: 1 }),
  check(answer) {
    if (answer.length < 20) throw new Error('an answer has no run');
  },
});

const SOURCES = {
  createRun,
  recordAction,
  updateStatus,
  recordEvents,
  recordActionStream,
  updateStatusStream,
  recordEventStream,
} satisfies Record<string, Make>;

/** The requests of one client process, each once, however often it is asked to go on. */
export function openSource(options: SourceOptions): Source {
  const { at, ...rest } = SOURCES[options.kind](options);
  let n = options.share.index;
  return {
    ...rest,
    next() {
      const chain = at(n);
      n += options.share.of;
      return chain;
    },
  };
}
