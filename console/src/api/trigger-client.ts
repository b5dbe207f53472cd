import { createClient } from '@connectrpc/connect';
import { TriggerService } from '../../../src/gen/flyteidl2/trigger/trigger_service_pb.js';
import { transport } from './transport.ts';

/** The typed client of the service that knows triggers. */
export const triggerClient = createClient(TriggerService, transport);
