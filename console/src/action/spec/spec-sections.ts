import type { JsonObject } from '@bufbuild/protobuf';
import type { Duration } from '@bufbuild/protobuf/wkt';
import {
  Container_Architecture,
  type Resources,
  Resources_ResourceName,
  type TaskTemplate,
} from '../../../../src/gen/flyteidl2/core/tasks_pb.js';
import type { TaskSpec } from '../../../../src/gen/flyteidl2/task/task_definition_pb.js';
import { formatDuration } from '../../run/form/duration-text.ts';
import { formatJson, type Json } from '../../run/form/json.ts';

/** A part of a spec: names with values, or a text. */
export interface SpecSection {
  readonly title: string;
  readonly rows?: readonly (readonly [string, string])[];
  readonly text?: string;
}

/** What a person wants to know of a task's spec, part by part; what was not said is left out. */
export function specSections(spec: TaskSpec): SpecSection[] {
  const template = spec.taskTemplate;
  const { target } = template ?? {};
  const container = target?.case === 'container' ? target.value : undefined;
  return [
    rows('Task', [
      ['Name', template?.id?.name],
      ['Version', template?.id?.version],
      ['Type', template?.type],
      ['Environment', spec.environment?.name],
      ['About it', spec.environment?.description],
      ['In short', spec.documentation?.shortDescription],
      ['Source', spec.documentation?.sourceCode?.link],
      [
        'SDK',
        [template?.metadata?.runtime?.flavor, template?.metadata?.runtime?.version].filter(Boolean).join(' '),
      ],
    ]),
    text('Documentation', spec.documentation?.longDescription),
    rows('How it runs', howItRuns(template)),
    rows('Container', [
      ['Image', container?.image],
      ['Architecture', container?.architecture ? Container_Architecture[container.architecture] : undefined],
      ['Requests', resourcesText(container?.resources?.requests)],
      ['Limits', resourcesText(container?.resources?.limits)],
      ['Accelerator', template?.extendedResources?.gpuAccelerator?.device],
      ['Shared memory', template?.extendedResources?.sharedMemory?.sizeLimit],
      ['Ports', container?.ports.map(({ containerPort }) => containerPort).join(', ')],
    ]),
    text('Command', commandText([...(container?.command ?? []), ...(container?.args ?? [])])),
    rows('Environment variables', container?.env.map(({ key, value }) => [key, value]) ?? []),
    rows(
      'Secrets',
      template?.securityContext?.secrets.map(({ group, key, envVar }) => [
        [group, key].filter(Boolean).join('/'),
        envVar === '' ? 'as a file' : `as ${envVar}`,
      ]) ?? [],
    ),
    text(
      'Pod',
      target?.case === 'k8sPod' && target.value.podSpec ? jsonText(target.value.podSpec) : undefined,
    ),
    text('Statement', target?.case === 'sql' ? target.value.statement : undefined),
    rows('Configuration', Object.entries(template?.config ?? {})),
    text(
      'Custom',
      template?.custom && Object.keys(template.custom).length > 0 ? jsonText(template.custom) : undefined,
    ),
  ].filter((section) => section.text !== undefined || (section.rows?.length ?? 0) > 0);
}

function howItRuns(template: TaskTemplate | undefined): [string, string | undefined][] {
  const metadata = template?.metadata;
  const backoff = metadata?.retries?.backoff;
  return [
    ['Retries', metadata?.retries?.retries ? String(metadata.retries.retries) : undefined],
    [
      'Pause between',
      backoff?.base && `${lengthOf(backoff.base)}${backoff.factor ? `, times ${backoff.factor}` : ''}`,
    ],
    ['Time-out', lengthOf(metadata?.timeout)],
    ['Deadline', lengthOf(metadata?.timeouts?.deadline)],
    ['Queued at most', lengthOf(metadata?.timeouts?.queuedTimeout)],
    ['Cached', metadata?.discoverable ? `yes, version ${metadata.discoveryVersion || 'unknown'}` : undefined],
    ['Cached at most', lengthOf(metadata?.cacheMaxAge)],
    ['Interruptible', metadata?.interruptibleValue.value ? 'yes' : undefined],
    ['Report', metadata?.generatesDeck ? 'yes' : undefined],
    ['Code', metadata?.codeBundleUri],
    ['Pod template', metadata?.podTemplateName],
    [
      'Reused',
      template?.reusePolicy &&
        `${template.reusePolicy.minReplicas} to ${template.reusePolicy.maxReplicas} replicas, ${template.reusePolicy.concurrency} at once`,
    ],
  ];
}

function lengthOf(duration: Duration | undefined): string | undefined {
  return duration === undefined || (duration.seconds === 0n && duration.nanos === 0)
    ? undefined
    : formatDuration(duration);
}

function resourcesText(entries: Resources['requests'] | undefined): string {
  return (entries ?? [])
    .map(
      ({ name, value }) => `${value} ${(Resources_ResourceName[name] ?? '').toLowerCase().replace('_', ' ')}`,
    )
    .join(', ');
}

/** A command as it can be pasted into a shell, an argument with its value to a line. */
export function commandText(words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const quoted = words.map((word) =>
    /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  );
  return quoted.reduce((line, word) => (word.startsWith('--') ? `${line} \\\n  ${word}` : `${line} ${word}`));
}

function jsonText(json: JsonObject): string {
  return formatJson(json as Json);
}

function rows(title: string, pairs: readonly (readonly [string, string | undefined])[]): SpecSection {
  return {
    title,
    rows: pairs.flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value] as const],
    ),
  };
}

function text(title: string, content: string | undefined): SpecSection {
  return content === undefined || content === '' ? { title } : { title, text: content };
}
