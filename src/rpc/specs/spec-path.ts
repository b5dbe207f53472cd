import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { TaskSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import type { TaskSpec } from '../../gen/flyteidl2/task/task_definition_pb.js';

/** Deeper than this no request has a task: `EnqueueRequest.action.task.spec`, and a stream's message around it. */
const MAX_DEPTH = 4;

type Fields = Record<string, unknown>;

/** The fields that lead from a request to the spec of its task, outermost first. */
export type SpecPath = readonly DescField[];

const paths = new WeakMap<DescMessage, SpecPath | undefined>();

/** The only way from a type to a `flyteidl2.task.TaskSpec` through single fields; undefined if there is none, or several. */
export function specPathOf(schema: DescMessage): SpecPath | undefined {
  if (!paths.has(schema)) {
    const found = waysFrom(schema, MAX_DEPTH);
    paths.set(schema, found.length === 1 ? found[0] : undefined);
  }
  return paths.get(schema);
}

function waysFrom(schema: DescMessage, depth: number): SpecPath[] {
  if (depth === 0) return [];
  return schema.fields.flatMap((field): SpecPath[] => {
    if (field.fieldKind !== 'message') return [];
    if (field.message.typeName === TaskSpecSchema.typeName) return [[field]];
    return waysFrom(field.message, depth - 1).map((rest) => [field, ...rest]);
  });
}

/** What holds the spec in a message, the message itself or its oneof, and under which name. */
export interface SpecHolder {
  readonly fields: Record<string, TaskSpec>;
  readonly key: string;
}

/** Where a message holds its spec; undefined if it has none. */
export function specHolder(path: SpecPath, message: Message): SpecHolder | undefined {
  let fields = message as unknown as Fields;
  let key = '';
  for (const field of path) {
    if (key !== '') fields = fields[key] as Fields;
    key = field.localName;
    if (field.oneof !== undefined) {
      fields = fields[field.oneof.localName] as Fields;
      if (fields.case !== key) return undefined;
      key = 'value';
    }
    if (fields[key] === undefined) return undefined;
  }
  return { fields: fields as Record<string, TaskSpec>, key };
}
