import { create } from '@bufbuild/protobuf';
import {
  type ProjectIdentifier,
  ProjectIdentifierSchema,
  type RunIdentifier,
  RunIdentifierSchema,
} from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import { organization } from './organization.ts';

/** What most pages are about: a project in a domain. */
export interface Scope {
  readonly project: string;
  readonly domain: string;
}

/** The scope as requests name it. */
export function projectId({ project, domain }: Scope): ProjectIdentifier {
  return create(ProjectIdentifierSchema, { organization: organization(), domain, name: project });
}

/** A run as requests name it. */
export function runId({ project, domain }: Scope, name: string): RunIdentifier {
  return create(RunIdentifierSchema, { org: organization(), project, domain, name });
}
