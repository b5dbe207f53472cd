import type { CreateProjectRequest } from '../../gen/flyteidl2/project/project_service_pb.js';
import { insertProject } from '../../repository/projects.ts';
import { alreadyExists } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';
import { checkProject } from './checks.ts';
import { projectColumns } from './convert.ts';
import { organizationOf, type ProjectDeps, projectKey } from './deps.ts';

/** ALREADY_EXISTS whatever the existing project looks like. */
export function createProject(deps: ProjectDeps) {
  return async ({ project }: CreateProjectRequest) => {
    checkProject(project, deps.domains);
    const org = organizationOf(deps, project.org, 'project.org');
    const now = deps.clock();
    const row = {
      ...projectKey(deps, org, project.id),
      org,
      ...projectColumns(project, now),
      created_at: now,
    };
    const inserted = await deps.write((db) => insertProject(db, row));
    if (!inserted) throw alreadyExists(`project ${quote(project.id)} already exists`);
    return {};
  };
}
