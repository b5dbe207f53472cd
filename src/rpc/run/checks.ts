import { Buffer } from 'node:buffer';
import type { TaskSpec } from '../../gen/flyteidl2/task/task_definition_pb.js';
import { invalidArgument } from '../../runs/errors.ts';
import { checkPlainText, quote } from '../../runs/names.ts';
import { checkDomain, checkProjectId } from '../project/checks.ts';

/** Labels and names stand in indexes, whose entries the databases bound. */
const MAX_LABELS = 100;
const MAX_LABEL_KEY_BYTES = 256;
const MAX_LABEL_VALUE_BYTES = 1024;
const MAX_NAME_LENGTH = 255;
const MAX_ORG_LENGTH = 63;
const MAX_URI_LENGTH = 4096;

/** Throws invalid_argument for labels that are too many, too long, or no plain text. */
export function checkLabels(labels: Readonly<Record<string, string>>): void {
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS)
    throw invalidArgument(`a run has at most ${MAX_LABELS} labels, not ${entries.length}`);
  for (const [key, value] of entries) {
    if (key === '' || Buffer.byteLength(key) > MAX_LABEL_KEY_BYTES) {
      throw invalidArgument(`label key ${quote(key)} must have 1 to ${MAX_LABEL_KEY_BYTES} bytes`);
    }
    if (Buffer.byteLength(value) > MAX_LABEL_VALUE_BYTES) {
      throw invalidArgument(
        `the value of label ${quote(key)} must have at most ${MAX_LABEL_VALUE_BYTES} bytes`,
      );
    }
    checkPlainText(key, `label key ${quote(key)}`);
    checkPlainText(value, `the value of label ${quote(key)}`);
  }
}

/** Throws invalid_argument for a task with names that can't stand in an index. The contract bounds only TaskIdentifier. */
export function checkTaskSpec(spec: TaskSpec | undefined, field: string): asserts spec is TaskSpec {
  if (spec?.taskTemplate === undefined) throw invalidArgument(`${field}.task_template must be set`);
  checkName(spec.shortName, `${field}.short_name`);
  checkName(spec.environment?.name ?? '', `${field}.environment.name`);
  const id = spec.taskTemplate.id;
  if (id === undefined) return;
  const bounds = {
    org: MAX_ORG_LENGTH,
    project: MAX_ORG_LENGTH,
    domain: MAX_ORG_LENGTH,
    name: MAX_NAME_LENGTH,
    version: MAX_NAME_LENGTH,
  };
  for (const [name, bound] of Object.entries(bounds)) {
    const text = id[name as keyof typeof bounds];
    if (text.length > bound) {
      throw invalidArgument(
        `${field}.task_template.id.${name} must have at most ${bound} characters, not ${text.length}`,
      );
    }
    checkPlainText(text, `${field}.task_template.id.${name}`);
  }
}

/** Throws for a place where no run can be: a project that can't exist (invalid_argument) or an unknown domain (not_found). */
export function checkPlace(
  place: { project: string; domain: string; org: string },
  domains: readonly string[],
): void {
  if (place.org.length > MAX_ORG_LENGTH)
    throw invalidArgument(`org must have at most ${MAX_ORG_LENGTH} characters, not ${place.org.length}`);
  checkPlainText(place.org, 'org');
  checkProjectId(place.project, 'project');
  checkDomain(place.domain, domains);
}

/** Throws invalid_argument for a name that is no plain text or too long for an index. */
export function checkName(text: string, field: string): void {
  if (text.length > MAX_NAME_LENGTH)
    throw invalidArgument(`${field} must have at most ${MAX_NAME_LENGTH} characters, not ${text.length}`);
  checkPlainText(text, field);
}

/** Throws invalid_argument for an address that is no plain text or longer than any address is. */
export function checkUri(uri: string, field: string): void {
  if (uri.length > MAX_URI_LENGTH) {
    throw invalidArgument(`${field} must have at most ${MAX_URI_LENGTH} characters, not ${uri.length}`);
  }
  checkPlainText(uri, field);
}
