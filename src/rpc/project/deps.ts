import type { Db } from '../../repository/dialects/dialect.ts';
import type { ProjectKey } from '../../repository/projects.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { type Organizations, orgKey } from '../../runs/identity.ts';
import type { Clock } from '../../runs/instant.ts';

/** What the project service works with. */
export interface ProjectDeps {
  readonly reader: Db;
  /** Runs work in a write transaction of its own; on SQLite it waits until no other is open. */
  readonly write: <R>(work: (db: Db) => Promise<R>) => Promise<R>;
  readonly clock: Clock;
  /** The domains of every project, in the order in which they are shown. */
  readonly domains: readonly string[];
  readonly organizations: Organizations;
  /** Stands for an empty organization where they are shared. */
  readonly defaultOrganization: string;
}

/** The organization that a request means. Throws invalid_argument where organizations count and it names none. */
export function organizationOf(deps: ProjectDeps, org: string, field: string): string {
  if (org !== '') return org;
  if (deps.organizations === 'shared') return deps.defaultOrganization;
  throw invalidArgument(`${field} must be set: this service keeps organizations apart`);
}

/** A project's key in the database. */
export function projectKey(deps: ProjectDeps, org: string, id: string): ProjectKey {
  return { org_key: orgKey(deps.organizations, org), id };
}
