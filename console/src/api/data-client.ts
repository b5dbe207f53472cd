import { createClient } from '@connectrpc/connect';
import { DataProxyService } from '../../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { transport } from './transport.ts';

/** The typed client of the service that knows inputs, outputs, logs and reports. */
export const dataClient = createClient(DataProxyService, transport);
