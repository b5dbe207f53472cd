import { GrpcConnection } from './grpc.ts';
import { frame } from './wire.ts';

/** Reads a stream of bytes for a time. */
export interface DownloadJob {
  readonly kind: 'download';
  readonly url: string;
  readonly seconds: number;
}

/** The path under which the empty HTTP/2 server sends for as long as somebody reads. */
export const DOWNLOAD = '/download';

/** Bytes per second that came. */
export async function runDownload({ url, seconds }: DownloadJob): Promise<number> {
  const connection = new GrpcConnection(url);
  const begin = performance.now();
  let bytes = 0;
  const { stream, closed } = connection.serverStream(DOWNLOAD, frame(new Uint8Array()), (message) => {
    bytes += message.length;
    if (performance.now() - begin >= seconds * 1000) stream.close();
  });
  await closed;
  const perSecond = (1000 * bytes) / (performance.now() - begin);
  connection.close();
  return perSecond;
}
