import { Code } from '@mantine/core';
import type { VariableMap } from '../../../src/gen/flyteidl2/core/interface_pb.js';
import type { TaskDetails } from '../../../src/gen/flyteidl2/task/task_definition_pb.js';
import { formatJson } from '../run/form/json.ts';
import { typeText } from '../run/form/literal.ts';
import { literalToJson } from '../run/form/to-json.ts';
import styles from '../shared/table.module.css';

/** Inputs, with their defaults, and outputs of a task. */
export function TaskInterface({ details }: { readonly details: TaskDetails | undefined }) {
  const typed = details?.spec?.taskTemplate?.interface;
  const defaults = new Map(
    (details?.spec?.defaultInputs ?? []).flatMap(({ name, parameter }) => {
      const behavior = parameter?.behavior;
      const value = behavior?.case === 'default' ? literalToJson(behavior.value) : undefined;
      return value === undefined ? [] : [[name, formatJson(value)] as const];
    }),
  );
  return (
    <>
      <Variables title="Inputs" variables={typed?.inputs} defaults={defaults} />
      <Variables title="Outputs" variables={typed?.outputs} />
    </>
  );
}

interface VariablesProps {
  readonly title: string;
  readonly variables: VariableMap | undefined;
  readonly defaults?: ReadonlyMap<string, string>;
}

function Variables({ title, variables, defaults }: VariablesProps) {
  const rows = variables?.variables ?? [];
  return (
    <div className={styles.frame}>
      <table className={styles.table}>
        <caption className={styles.caption}>{title}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            {defaults !== undefined && <th scope="col">Default</th>}
            <th scope="col">Description</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, value }) => (
            <tr key={key}>
              <td className="mono">{key}</td>
              <td className="mono">{typeText(value?.type)}</td>
              {defaults !== undefined && (
                <td>
                  {defaults.has(key) ? (
                    <Code>{defaults.get(key)}</Code>
                  ) : (
                    <span className="muted">needed</span>
                  )}
                </td>
              )}
              <td>{value?.description === key ? '' : value?.description}</td>
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td colSpan={4} className="muted">
                None
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
