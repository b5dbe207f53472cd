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

/** What holds the spec in a message: the message itself, or its oneof. */
export interface SpecHolder {
  get(): TaskSpec;
  set(spec: TaskSpec): void;
}

/** Where a message holds its spec; undefined if it has none. */
export function specHolder(path: SpecPath, message: Message): SpecHolder | undefined {
  let holder = message as unknown as Fields;
  let key = '';
  for (const [depth, field] of path.entries()) {
    if (depth > 0) holder = holder[key] as Fields;
    if (field.oneof === undefined) key = field.localName;
    else {
      holder = holder[field.oneof.localName] as Fields;
      if (holder.case !== field.localName) return undefined;
      key = 'value';
    }
    if (holder[key] === undefined) return undefined;
  }
  return {
    get: () => holder[key] as TaskSpec,
    set(spec) {
      holder[key] = spec;
    },
  };
}
