import { createClient } from '@connectrpc/connect';
import { ProjectService } from '../../../src/gen/flyteidl2/project/project_service_pb.js';
import { transport } from './transport.ts';

/** The typed client of the service that knows projects. */
export const projectClient = createClient(ProjectService, transport);
