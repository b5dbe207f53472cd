import { createClient } from '@connectrpc/connect';
import { TaskService } from '../../../src/gen/flyteidl2/task/task_service_pb.js';
import { transport } from './transport.ts';

/** The typed client of the service that knows deployed tasks. */
export const taskClient = createClient(TaskService, transport);
