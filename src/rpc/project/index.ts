import type { ServiceImpl } from '@connectrpc/connect';
import type { ProjectService } from '../../gen/flyteidl2/project/project_service_pb.js';
import { createProject } from './create-project.ts';
import type { ProjectDeps } from './deps.ts';
import { getProject } from './get-project.ts';
import { listProjects } from './list-projects.ts';
import { updateProject } from './update-project.ts';

/** ProjectService: projects are rows, their domains are the configuration's. */
export function createProjectService(deps: ProjectDeps): ServiceImpl<typeof ProjectService> {
  return {
    createProject: createProject(deps),
    updateProject: updateProject(deps),
    getProject: getProject(deps),
    listProjects: listProjects(deps),
  };
}
