import type { UpdateProjectRequest } from '../../gen/flyteidl2/project/project_service_pb.js';
import { updateProject as updateRow } from '../../repository/projects.ts';
import { notFound } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';
import { checkProject } from './checks.ts';
import { projectColumns } from './convert.ts';
import { organizationOf, type ProjectDeps, projectKey } from './deps.ts';

/** Replaces name, description, labels and state by what the message says: clients read a project before they change it. */
export function updateProject(deps: ProjectDeps) {
  return async ({ project }: UpdateProjectRequest) => {
    checkProject(project, deps.domains);
    const key = projectKey(deps, organizationOf(deps, project.org, 'project.org'), project.id);
    const change = projectColumns(project, deps.clock());
    const updated = await deps.write((db) => updateRow(db, key, change));
    if (!updated) throw notFound(`there is no project ${quote(project.id)}`);
    return {};
  };
}
