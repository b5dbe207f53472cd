import { GrpcConnection } from './grpc.ts';
import { openSource, type Source, type SourceOptions } from './sources.ts';

/** Calls from a number of callers at once, each with one call under way. */
export interface LoadJob {
  readonly kind: 'load' | 'pipeline';
  readonly url: string;
  readonly source: SourceOptions;
  /** Callers; for a pipeline how many messages are under way on its one stream. */
  readonly callers: number;
  readonly connections: number;
  readonly seconds: number;
  /** False where an empty handler answers. */
  readonly checked: boolean;
}

/** What a job did. */
export interface LoadResult {
  readonly operations: number;
  readonly seconds: number;
  /** Milliseconds per call, in no order. */
  readonly latencies: Float64Array;
  readonly errors: number;
  readonly firstError: string | undefined;
}

const connections = new Map<string, GrpcConnection>();
const sources = new Map<string, Source>();

/** The connections and the sources stay for the next slice. */
function connectionsTo(url: string, count: number): GrpcConnection[] {
  return Array.from({ length: count }, (_, i) => {
    const key = `${url} ${i}`;
    const connection = connections.get(key) ?? new GrpcConnection(url);
    connections.set(key, connection);
    return connection;
  });
}

function sourceOf(job: LoadJob): Source {
  const key = `${job.url} ${JSON.stringify(job.source)}`;
  const source = sources.get(key) ?? openSource(job.source);
  sources.set(key, source);
  return source;
}

class Tally {
  operations = 0;
  errors = 0;
  firstError: string | undefined;
  readonly latencies: number[] = [];
  readonly begin = performance.now();

  failed(error: unknown): void {
    this.errors++;
    this.firstError ??= error instanceof Error ? error.message : String(error);
  }

  result(): LoadResult {
    const { operations, errors, firstError } = this;
    const seconds = (performance.now() - this.begin) / 1000;
    return { operations, seconds, latencies: Float64Array.from(this.latencies), errors, firstError };
  }
}

/** Each caller takes a chain, sends its requests one after the other, and takes the next one. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const source = sourceOf(job);
  const open = connectionsTo(job.url, job.connections);
  const tally = new Tally();
  const until = tally.begin + job.seconds * 1000;
  const caller = async (connection: GrpcConnection) => {
    while (performance.now() < until) {
      const chain = source.next();
      if (chain === undefined) return;
      for (const framed of chain.frames) {
        const sent = performance.now();
        try {
          const answer = await connection.unary(source.path, framed);
          if (job.checked) source.check(answer);
          tally.operations += chain.operations;
          tally.latencies.push(performance.now() - sent);
        } catch (error) {
          tally.failed(error);
        }
      }
    }
  };
  await Promise.all(
    Array.from({ length: job.callers }, (_, i) => {
      const connection = open[i % open.length];
      if (connection === undefined) throw new Error('no connection');
      return caller(connection);
    }),
  );
  return tally.result();
}

/** One stream with a window of messages under way; ends when all that were sent in the given time are answered. */
export async function runPipeline(job: LoadJob): Promise<LoadResult> {
  const source = sourceOf(job);
  const [connection] = connectionsTo(job.url, 1);
  if (connection === undefined) throw new Error('no connection');
  const tally = new Tally();
  const until = tally.begin + job.seconds * 1000;
  const sentAt: number[] = [];
  let answered = 0;
  let ended = false;
  const { stream, closed } = connection.bidiStream(source.path, (message) => {
    tally.latencies.push(performance.now() - (sentAt[answered++] ?? 0));
    try {
      if (job.checked) source.check(message);
      tally.operations++;
    } catch (error) {
      tally.failed(error);
    }
    send();
  });
  const send = () => {
    while (!ended && sentAt.length - answered < job.callers && !stream.writableNeedDrain) {
      const chain = performance.now() < until ? source.next() : undefined;
      const [framed] = chain?.frames ?? [];
      if (framed === undefined) {
        ended = true;
        stream.end();
        return;
      }
      sentAt.push(performance.now());
      stream.write(framed);
    }
  };
  stream.on('drain', send);
  send();
  await closed;
  if (answered < sentAt.length) tally.failed(`${sentAt.length - answered} messages were not answered`);
  return tally.result();
}
