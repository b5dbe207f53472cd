import { createConnectTransport } from '@connectrpc/connect-web';

/** Connect, in protobuf's own format, with the service that served this page. */
export const transport = createConnectTransport({
  baseUrl: globalThis.location?.origin ?? 'http://localhost',
  useBinaryFormat: true,
});
