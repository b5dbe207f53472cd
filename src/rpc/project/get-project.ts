import type { GetProjectRequest } from '../../gen/flyteidl2/project/project_service_pb.js';
import { findProject } from '../../repository/projects.ts';
import { notFound } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';
import { checkProjectId } from './checks.ts';
import { projectMessage } from './convert.ts';
import { organizationOf, type ProjectDeps, projectKey } from './deps.ts';

/** Archived projects are answered like others. */
export function getProject(deps: ProjectDeps) {
  return async (request: GetProjectRequest) => {
    checkProjectId(request.id, 'id');
    const key = projectKey(deps, organizationOf(deps, request.org, 'org'), request.id);
    const row = await findProject(deps.reader, key);
    if (!row) throw notFound(`there is no project ${quote(request.id)}`);
    return { project: projectMessage(row, deps.domains) };
  };
}
