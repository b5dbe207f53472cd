import { create } from '@bufbuild/protobuf';
import {
  type ProjectIdentifier,
  ProjectIdentifierSchema,
  type RunIdentifier,
  RunIdentifierSchema,
} from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import { readSetting } from '../shared/settings.ts';

/** What most pages are about: a project in a domain. */
export interface Scope {
  readonly project: string;
  readonly domain: string;
}

/** The organization that requests name. Services that do not keep organizations apart accept any. */
export function organization(): string {
  return readSetting('organization', 'default');
}

/** The scope as requests name it. */
export function projectId({ project, domain }: Scope): ProjectIdentifier {
  return create(ProjectIdentifierSchema, { organization: organization(), domain, name: project });
}

/** A run as requests name it. */
export function runId({ project, domain }: Scope, name: string): RunIdentifier {
  return create(RunIdentifierSchema, { org: organization(), project, domain, name });
}
