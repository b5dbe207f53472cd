/** What the templates in a task's command stand for. */
export interface TemplateValues {
  /** The file of the inputs, `…/inputs.pb`. */
  readonly input: string;
  /** The folder of this attempt's results, without a slash at the end. */
  readonly outputPrefix: string;
  readonly rawOutputDataPrefix: string;
  readonly checkpointOutputPrefix: string;
  /** Where the attempt before this one kept its checkpoints; empty for the first. */
  readonly prevCheckpointPrefix: string;
  readonly runName: string;
  readonly actionName: string;
  /** ISO 8601. */
  readonly runStartTime: string;
  readonly namespace: string;
  /** Distinguishes attempts, for tasks that name things of their own. */
  readonly perRetryUniqueKey: string;
}

const TEMPLATE = /\{\{\s*[.$](\w+)\s*\}\}/g;

/** The command with its templates filled in. Names match in any case, with blanks or without; unknown ones stay as they are. */
export function fillIn(command: readonly string[], values: TemplateValues): string[] {
  const known: Record<string, string> = { inputprefix: values.input.replace(/\/?inputs\.pb$/, '') };
  for (const [name, value] of Object.entries(values)) known[name.toLowerCase()] = value;
  // An empty argument would be taken for the next option's name; this is what Flyte's own executor sends.
  if (values.prevCheckpointPrefix === '') known.prevcheckpointprefix = '""';
  return command.map((part) =>
    part.replace(TEMPLATE, (whole, name: string) => known[name.toLowerCase()] ?? whole),
  );
}
