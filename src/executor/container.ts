import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { TaskTemplate } from '../gen/flyteidl2/core/tasks_pb.js';

/** What a task's container says about its process. */
export interface TaskContainer {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The container that a task runs in: its own, or the primary one of its pod. Undefined if it has none (a query, say), or one that names no
 * command: what its image would run is not known without the image.
 */
export function taskContainer(template: TaskTemplate | undefined): TaskContainer | undefined {
  const target = template?.target;
  if (target?.case === 'container') {
    const { image, command, args, env } = target.value;
    return withCommand({
      image,
      command: [...command, ...args],
      environment: Object.fromEntries(env.map(({ key, value }) => [key, value])),
    });
  }
  if (target?.case === 'k8sPod') {
    const { podSpec, primaryContainerName } = target.value;
    return primaryContainer(podSpec, primaryContainerName || template?.config.primary_container_name);
  }
  return undefined;
}

function primaryContainer(pod: JsonObject | undefined, name: string | undefined): TaskContainer | undefined {
  const containers = objects(pod?.containers);
  const container = containers.find((one) => one.name === name) ?? containers[0];
  if (container === undefined) return undefined;
  const environment = objects(container.env).flatMap(({ name: key, value }) =>
    typeof key === 'string' && typeof value === 'string' ? [[key, value] as const] : [],
  );
  return withCommand({
    image: typeof container.image === 'string' ? container.image : '',
    command: [...texts(container.command), ...texts(container.args)],
    environment: Object.fromEntries(environment),
  });
}

function withCommand(container: TaskContainer): TaskContainer | undefined {
  return container.command.length > 0 ? container : undefined;
}

function objects(value: JsonValue | undefined): JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? [one] : [],
  );
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
