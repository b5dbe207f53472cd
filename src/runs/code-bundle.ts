import type { TaskSpec } from '../gen/flyteidl2/task/task_definition_pb.js';

const OPTIONS = ['--tgz', '--pkl'];

/** The code bundle that a task's container is told to load, or undefined if its code comes with its image. */
export function codeBundleUri(spec: TaskSpec | undefined): string | undefined {
  const target = spec?.taskTemplate?.target;
  if (target?.case !== 'container') return undefined;
  const { args } = target.value;
  for (const [i, arg] of args.entries()) {
    if (OPTIONS.includes(arg)) return args[i + 1];
    const option = OPTIONS.find((name) => arg.startsWith(`${name}=`));
    if (option) return arg.slice(option.length + 1);
  }
  return undefined;
}
