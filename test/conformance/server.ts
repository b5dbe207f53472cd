/**
 * `node test/conformance/server.ts DESCRIPTORS true|false`: the server under test for the published suite, with or without the fast
 * path. Reads from standard input how it shall listen, writes where it does, and ends with SIGTERM.
 */
import { readFileSync } from 'node:fs';
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { parseConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { createReadiness } from '../../src/server/readiness.ts';
import { createServer } from '../../src/server/server.ts';
import { registerConformance } from './service.ts';

const [descriptors = '', fastPath] = process.argv.slice(2);
const types = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const schema = (name: string) => {
  const found = types.getMessage(`connectrpc.conformance.v1.${name}`);
  if (!found) throw new Error(`there is no message ${name}`);
  return found;
};

/** A message with its length before it, from standard input. */
async function readRequest(): Promise<Buffer> {
  let all = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    all = Buffer.concat([all, chunk]);
    if (all.length >= 4 && all.length >= 4 + all.readUInt32BE(0)) break;
  }
  return all.subarray(4, 4 + all.readUInt32BE(0));
}

const { messageReceiveLimit } = fromBinary(schema('ServerCompatRequest'), await readRequest()) as unknown as {
  messageReceiveLimit: number;
};
const { runs } = parseConfig({ database: { sqlite: { file: 'unused' } } }, {}, 'conformance');
const server = createServer({
  config: {
    ...runs,
    server: {
      ...runs.server,
      host: '127.0.0.1',
      port: 0,
      fastPath: fastPath === 'true',
      readMaxBytes: messageReceiveLimit || runs.server.readMaxBytes,
    },
  },
  version: 'conformance',
  logger: createLogger({ level: 'silent', showSource: false, format: 'json' }),
  metrics: createMetrics({ process: false }),
  readiness: createReadiness({ checks: [] }),
  routes: (router) => registerConformance(router, types),
});
const { port } = await server.listen();
const response = schema('ServerCompatResponse');
const bytes = toBinary(response, create(response, { host: '127.0.0.1', port } as Record<string, unknown>));
const length = Buffer.alloc(4);
length.writeUInt32BE(bytes.length);
process.stdout.write(Buffer.concat([length, bytes]));
process.on('SIGTERM', () => void server.drain().then(() => process.exit(0)));
