import type { LoadJob, LoadResult } from '../client/load.ts';
import type { SourceOptions } from '../client/sources.ts';
import type { ClientProcess } from './client-process.ts';
import type { Measured, Place } from './place.ts';
import { cpuSeconds, machineCpuSeconds } from './processes.ts';

/** What one server did under a load. */
export interface Load {
  /** Operations per second: the median of the slices. */
  readonly rate: number;
  /** Milliseconds of the server's CPU per operation, over all slices. */
  readonly cpuMs: number;
  /** Milliseconds per call. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of the clients' CPU per operation. */
  readonly clientCpuMs: number;
  /** Cores that neither the server nor the clients nor PostgreSQL kept busy, but something else. */
  readonly otherCores: number;
  /** Milliseconds of PostgreSQL's CPU per operation. */
  readonly postgresCpuMs: number;
}

/** A load on the service, and the same calls on servers that do nothing, in turns. */
export interface Compared extends Load {
  readonly connect: Load;
  readonly http2: Load;
}

/** How to load a service. */
export interface LoadOptions {
  readonly service: Measured;
  readonly kind?: LoadJob['kind'];
  readonly source: Omit<SourceOptions, 'share'>;
  readonly callers: number;
  /** Client processes that share the callers. */
  readonly processes?: number;
  readonly seconds: number;
  readonly rounds: number;
  /** False if what is measured answers with empty messages. */
  readonly checked?: boolean;
  /** Told the client processes before they begin. */
  readonly onClients?: (pids: readonly number[]) => void;
}

const CONNECTIONS_PER_PROCESS = 4;
const WARM_UP_SECONDS = 2;
const EMPTY_SHARE = 0.4;

interface Slice {
  readonly results: LoadResult[];
  readonly serverCpu: number;
  readonly clientCpu: number;
  readonly postgresCpu: number;
  readonly other: number;
  readonly seconds: number;
}

/** Loads the service and the empty servers in turns, after warming each up. Throws when a call fails. */
export async function compare(place: Place, options: LoadOptions): Promise<Compared> {
  const { service, empty } = await inTurns(place, options, { service: options.service });
  return { ...service, ...empty };
}

/** Several services under the same load, and the empty servers, in turns: what else the machine does meets all of them alike. */
export async function inTurns<N extends string>(
  place: Place,
  options: Omit<LoadOptions, 'service'>,
  services: Record<N, Measured>,
): Promise<Record<N, Load> & { empty: Pick<Compared, 'connect' | 'http2'> }> {
  const connect = await place.empty('connect');
  const http2 = await place.empty('http2');
  const targets = [
    ...(Object.entries(services) as [N, Measured][]).map(([name, server]) => ({
      name: name as string,
      server,
      share: 1,
      checked: options.checked ?? true,
    })),
    { name: ' connect', server: connect, share: EMPTY_SHARE, checked: false },
    { name: ' http2', server: http2, share: EMPTY_SHARE, checked: false },
  ];
  const slices = new Map<string, Slice[]>(targets.map(({ name }) => [name, []]));
  const clients = Array.from({ length: options.processes ?? 1 }, () => place.client());
  const postgresPid = await place.postgresPid();
  options.onClients?.(clients.map(({ pid }) => pid));
  try {
    for (let round = 0; round <= options.rounds; round++) {
      for (const { name, server, share, checked } of targets) {
        const seconds = (round === 0 ? WARM_UP_SECONDS : options.seconds) * share;
        const slice = await runSlice(clients, server, options, { seconds, checked, postgresPid });
        if (round > 0) slices.get(name)?.push(slice);
      }
    }
  } finally {
    place.release(clients);
  }
  const load = (name: string) => summary(slices.get(name) ?? []);
  const names = Object.keys(services) as N[];
  const loads = Object.fromEntries(names.map((name) => [name, load(name)])) as Record<N, Load>;
  return { ...loads, empty: { connect: load(' connect'), http2: load(' http2') } };
}

async function runSlice(
  clients: readonly ClientProcess[],
  server: Measured,
  options: Omit<LoadOptions, 'service'>,
  more: { seconds: number; checked: boolean; postgresPid: number | undefined },
): Promise<Slice> {
  const cpu = () => ({
    server: cpuSeconds(server.pid),
    client: clients.reduce((sum, client) => sum + cpuSeconds(client.pid), 0),
    postgres: more.postgresPid === undefined ? 0 : cpuSeconds(more.postgresPid),
    machine: machineCpuSeconds(),
    at: performance.now(),
  });
  const before = cpu();
  const results = await Promise.all(
    clients.map((client, index) =>
      client.run({
        kind: options.kind ?? 'load',
        url: server.url,
        source: { ...options.source, share: { index, of: clients.length } },
        callers: Math.ceil(options.callers / clients.length),
        connections: CONNECTIONS_PER_PROCESS,
        seconds: more.seconds,
        checked: more.checked,
      }),
    ),
  );
  const after = cpu();
  const failed = results.find(({ errors }) => errors > 0);
  if (failed) throw new Error(`${failed.errors} calls failed, the first with: ${failed.firstError}`);
  const used = {
    serverCpu: after.server - before.server,
    clientCpu: after.client - before.client,
    postgresCpu: after.postgres - before.postgres,
  };
  const known = used.serverCpu + used.clientCpu + used.postgresCpu;
  return {
    ...used,
    results,
    other: Math.max(0, after.machine - before.machine - known),
    seconds: (after.at - before.at) / 1000,
  };
}

function summary(all: readonly Slice[]): Load {
  const slices = all.filter(({ results }) => results.some(({ operations }) => operations > 0));
  const operationsOf = ({ results }: Slice) => results.reduce((sum, { operations }) => sum + operations, 0);
  const total = (of: (slice: Slice) => number) => slices.reduce((sum, slice) => sum + of(slice), 0);
  const operations = total(operationsOf);
  const latencies = slices
    .flatMap(({ results }) => results.map(({ latencies }) => latencies))
    .reduce(concat, new Float64Array())
    .sort();
  const rates = slices.map((slice) => operationsOf(slice) / Math.max(...slice.results.map((r) => r.seconds)));
  return {
    rate: median(rates),
    cpuMs: (1000 * total((s) => s.serverCpu)) / operations,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    clientCpuMs: (1000 * total((s) => s.clientCpu)) / operations,
    postgresCpuMs: (1000 * total((s) => s.postgresCpu)) / operations,
    otherCores: total((s) => s.other) / total((s) => s.seconds),
  };
}

function concat(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The middle one; of an even number the mean of the two in the middle. 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  return (upper + lower) / 2;
}

/** The value below which a part of the sorted values lies. */
export function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.round(part * (sorted.length - 1))] ?? 0;
}
