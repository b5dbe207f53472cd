import { create } from '@bufbuild/protobuf';
import {
  type Project,
  ProjectSchema,
  type ProjectState,
} from '../../gen/flyteidl2/project/project_service_pb.js';
import type { ProjectChange, ProjectRow } from '../../repository/projects.ts';
import type { Instant } from '../../runs/instant.ts';

/** A stored project as clients see it, with the configured domains. */
export function projectMessage(row: ProjectRow, domains: readonly string[]): Project {
  const labels: Record<string, string> = JSON.parse(row.labels);
  return create(ProjectSchema, {
    id: row.id,
    name: row.name,
    description: row.description,
    state: row.state as ProjectState,
    org: row.org,
    domains: domains.map((id) => ({ id, name: id })),
    ...(Object.keys(labels).length > 0 ? { labels: { values: labels } } : {}),
  });
}

/** What a (checked) message says about a project, as it is stored; one without a name is named by its id. */
export function projectColumns(project: Project, now: Instant): ProjectChange {
  return {
    name: project.name || project.id,
    description: project.description,
    labels: JSON.stringify(project.labels?.values ?? {}),
    state: project.state,
    updated_at: now,
  };
}
