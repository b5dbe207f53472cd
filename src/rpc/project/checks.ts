import type { Project } from '../../gen/flyteidl2/project/project_service_pb.js';
import { ProjectState } from '../../gen/flyteidl2/project/project_service_pb.js';
import { invalidArgument, notFound } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';

const ID = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** As the contract bounds it in identifiers of runs. */
const MAX_ORG_BYTES = 63;
const MAX_NAME_BYTES = 255;
const MAX_DESCRIPTION_BYTES = 4096;
const MAX_LABELS = 64;
const MAX_LABEL_BYTES = 317;

/** Throws invalid_argument unless `id` is 1 to 63 lower-case letters, digits and inner hyphens. */
export function checkProjectId(id: string, field = 'project.id'): void {
  if (!ID.test(id)) {
    throw invalidArgument(
      `${field} ${quote(id)} must be 1 to 63 lower-case letters, digits and inner hyphens`,
    );
  }
}

/**
 * Checks a project that a client wants to store; the contract has no rules for it. Domains come from the configuration: a message
 * may repeat them, so that an answer can be sent back, but not choose others.
 */
export function checkProject(
  project: Project | undefined,
  domains: readonly string[],
): asserts project is Project {
  if (!project) throw invalidArgument('project must be set');
  checkProjectId(project.id);
  checkText(project.org, 'project.org', MAX_ORG_BYTES);
  checkText(project.name, 'project.name', MAX_NAME_BYTES);
  checkText(project.description, 'project.description', MAX_DESCRIPTION_BYTES);
  if (ProjectState[project.state] === undefined) {
    throw invalidArgument(`project.state ${project.state} is not a state of this contract`);
  }
  const labels = Object.entries(project.labels?.values ?? {});
  if (labels.length > MAX_LABELS) throw invalidArgument(`project.labels has more than ${MAX_LABELS} labels`);
  for (const [key, value] of labels) {
    if (key === '') throw invalidArgument('project.labels has a label without a key');
    checkText(key, 'project.labels', MAX_LABEL_BYTES);
    checkText(value, `project.labels ${quote(key)}`, MAX_LABEL_BYTES);
  }
  const given = project.domains.map((domain) => domain.id);
  const same = given.length === domains.length && given.every((id) => domains.includes(id));
  if (given.length > 0 && !same) {
    throw invalidArgument(
      `project.domains can't be chosen: every project has ${domains.join(', ')}; leave it empty`,
    );
  }
}

function checkText(text: string, field: string, maxBytes: number): void {
  if (Buffer.byteLength(text) > maxBytes) throw invalidArgument(`${field} is longer than ${maxBytes} bytes`);
  // Neither database keeps a NUL in text the way it was sent.
  if (text.includes('\0')) throw invalidArgument(`${field} must not contain NUL characters`);
}

/** Throws not_found for a domain that is not one of the configured ones. */
export function checkDomain(domain: string, domains: readonly string[]): void {
  if (domains.includes(domain)) return;
  throw notFound(`there is no domain ${quote(domain)}; domains are ${domains.join(', ')}`);
}
