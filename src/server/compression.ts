import { brotliCompress, constants, gunzipSync, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Compression } from '@connectrpc/connect/protocol';
import { compressionBrotli, compressionGzip } from '@connectrpc/connect-node';

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

/**
 * Up to this size a message is unpacked at once: a trip to the thread pool costs more, and even a bomb of
 * this size (gzip packs 1,000 to 1) keeps the event loop busy for only a few milliseconds.
 */
const syncLimit = 4096;

function unpack(compression: Compression): Compression['decompress'] {
  return async (bytes, readMaxBytes) => {
    try {
      if (compression === compressionGzip && bytes.length > 0 && bytes.length <= syncLimit) {
        return new Uint8Array(gunzipSync(bytes, { maxOutputLength: readMaxBytes }));
      }
      return await compression.decompress(bytes, readMaxBytes);
    } catch (error) {
      throw refusal(error, compression.name, readMaxBytes);
    }
  };
}

/** Broken input is the client's mistake, also where Connect-Node takes it (a truncated stream) for ours. */
function refusal(error: unknown, name: string, readMaxBytes: number): ConnectError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_BUFFER_TOO_LARGE' || code === Code.ResourceExhausted) {
    const sentence = `message is larger than ${readMaxBytes} bytes after decompression`;
    return new ConnectError(sentence, Code.ResourceExhausted);
  }
  return new ConnectError(
    `message cannot be decompressed: it is no valid ${name}`,
    Code.InvalidArgument,
    undefined,
    undefined,
    error,
  );
}

const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** Gzip and Brotli for messages, at levels that suit answers made on the fly; broken input is INVALID_ARGUMENT. */
export const compressions: readonly Compression[] = [
  {
    name: 'gzip',
    compress: async (bytes) => owned(await gzipAsync(bytes, { level: 4 })),
    decompress: unpack(compressionGzip),
  },
  {
    name: 'br',
    compress: async (bytes) =>
      owned(await brotliAsync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })),
    decompress: unpack(compressionBrotli),
  },
];
