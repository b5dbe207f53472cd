import { clock } from './clock.ts';
import { GrpcConnection } from './grpc.ts';
import { frame } from './wire.ts';

/** The same call again and again, one after the other. */
export interface RepeatJob {
  readonly kind: 'repeat';
  readonly url: string;
  readonly path: string;
  readonly message: Uint8Array;
  readonly times: number;
}

/** Milliseconds per call, sorted. */
export async function runRepeat({ url, path, message, times }: RepeatJob): Promise<Float64Array> {
  const connection = new GrpcConnection(url);
  const framed = frame(message);
  const latencies = new Float64Array(times);
  for (let i = 0; i < times; i++) {
    const begin = clock();
    await connection.unary(path, framed);
    latencies[i] = clock() - begin;
  }
  connection.close();
  return latencies.sort();
}

/** Opens a server stream until its first message comes, again and again. */
export interface FirstMessageJob {
  readonly kind: 'firstMessage';
  readonly url: string;
  readonly path: string;
  readonly message: Uint8Array;
  readonly times: number;
}

/** Milliseconds from the call to its first message, sorted. */
export async function runFirstMessage({ url, path, message, times }: FirstMessageJob): Promise<Float64Array> {
  const connection = new GrpcConnection(url);
  const framed = frame(message);
  const latencies = new Float64Array(times);
  for (let i = 0; i < times; i++) {
    const begin = clock();
    await new Promise<void>((resolve, reject) => {
      const { stream, closed } = connection.serverStream(path, framed, () => {
        latencies[i] = clock() - begin;
        stream.close();
        resolve();
      });
      closed.then(() => reject(new Error('the stream ended without a message')), reject);
    });
  }
  connection.close();
  return latencies.sort();
}
