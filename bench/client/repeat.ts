import { clock } from './clock.ts';
import { GrpcConnection } from './grpc.ts';
import { eachField, frame } from './wire.ts';

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

/** Opens a server stream until its first message comes, or the first one that has a certain field; again and again. */
export interface StreamJob {
  readonly kind: 'stream';
  readonly url: string;
  readonly path: string;
  /** One request after the other; what is the same for two may be shared by the service. */
  readonly messages: readonly Uint8Array[];
  /** The number of the field to wait for. */
  readonly field?: number;
}

/** Milliseconds from the call to that message, sorted. */
export async function runStream({ url, path, messages, field }: StreamJob): Promise<Float64Array> {
  const connection = new GrpcConnection(url);
  const latencies = new Float64Array(messages.length);
  for (const [i, message] of messages.entries()) {
    const framed = frame(message);
    const begin = clock();
    await new Promise<void>((resolve, reject) => {
      const { stream, closed } = connection.serverStream(path, framed, (answer) => {
        let found = field === undefined;
        eachField(answer, 0, answer.length, (no) => {
          if (no === field) found = true;
        });
        if (!found) return;
        latencies[i] = clock() - begin;
        stream.close();
        resolve();
      });
      closed.then(() => reject(new Error('the stream ended without the message')), reject);
    });
  }
  connection.close();
  return latencies.sort();
}
