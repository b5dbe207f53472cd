import type { Db } from '../../repository/dialects/dialect.ts';
import { findProject } from '../../repository/projects.ts';
import { failedPrecondition, notFound } from '../../runs/errors.ts';
import { type Organizations, orgKey } from '../../runs/identity.ts';
import { quote } from '../../runs/names.ts';
import { ProjectState } from '../../gen/flyteidl2/project/project_service_pb.js';
import { checkDomain, checkProjectId } from '../project/checks.ts';

/** What the check looks at. */
export interface ProjectCheckOptions {
  readonly reader: Db;
  readonly domains: readonly string[];
  readonly organizations: Organizations;
  /** Whether a project that does not exist yet will come into being with its first run. */
  readonly autoCreate: boolean;
}

/**
 * A check that uploads may go to a project and domain: not_found for a domain that is not configured or a project that neither exists
 * nor will be made, failed_precondition for an archived one.
 */
export function createProjectCheck(options: ProjectCheckOptions) {
  return async (org: string, project: string, domain: string): Promise<void> => {
    checkDomain(domain, options.domains);
    checkProjectId(project, 'project');
    const key = { org_key: orgKey(options.organizations, org), id: project };
    const row = await findProject(options.reader, key);
    if (!row && !options.autoCreate) throw notFound(`there is no project ${quote(project)}; create it first`);
    if (row && (row.state === ProjectState.ARCHIVED || row.state === ProjectState.SYSTEM_ARCHIVED)) {
      throw failedPrecondition(`project ${quote(project)} is archived`);
    }
  };
}
