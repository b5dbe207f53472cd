import { type DescMessage, type MessageShape, toJsonString } from '@bufbuild/protobuf';
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import { TaskSpecSchema, TraceSpecSchema } from '../../../../src/gen/flyteidl2/task/task_definition_pb.js';
import type { TypedInterface } from '../../../../src/gen/flyteidl2/core/interface_pb.js';
import {
  type ActionDetails,
  ConditionActionSchema,
} from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { typeText } from '../../run/form/literal.ts';
import { EmptyState } from '../../shared/empty-state.tsx';
import { KeyValues } from '../../shared/key-values.tsx';
import { useAction } from '../action-context.ts';
import panel from '../action-panel.module.css';
import { FoldedText } from '../folded-text.tsx';
import { saveText } from '../save-text.ts';
import { CodeSection } from './code-section.tsx';
import { specSections } from './spec-sections.ts';
import styles from './spec.module.css';

/** What the action was asked to do: the task's template in words, and all of it as JSON. */
export default function SpecTab() {
  const { details } = useAction();
  if (details === undefined) return null;
  const { spec } = details;
  switch (spec.case) {
    case 'task':
      return (
        <>
          {specSections(spec.value).map(({ title, rows, text }) => (
            <section key={title} className={panel.section} aria-label={title}>
              <h3>{title}</h3>
              {rows !== undefined && (
                <KeyValues pairs={rows.map(([name, value]) => [name, valueText(value)])} />
              )}
              {text !== undefined && <FoldedText text={text} what={title.toLowerCase()} />}
            </section>
          ))}
          <CodeSection spec={spec.value} />
          <Interface face={spec.value.taskTemplate?.interface} />
          <Raw schema={TaskSpecSchema} message={spec.value} details={details} />
        </>
      );
    case 'trace':
      return (
        <>
          <Interface face={spec.value.interface} />
          <Raw schema={TraceSpecSchema} message={spec.value} details={details} />
        </>
      );
    case 'condition':
      return <Raw schema={ConditionActionSchema} message={spec.value} details={details} />;
    default:
      return <EmptyState title="No spec">Whoever recorded the action did not say what it runs.</EmptyState>;
  }
}

function valueText(value: string): ReactNode {
  return <span className={styles.value}>{value}</span>;
}

function Interface({ face }: { readonly face: TypedInterface | undefined }) {
  const sides = [
    ['Inputs', face?.inputs?.variables ?? []],
    ['Outputs', face?.outputs?.variables ?? []],
  ] as const;
  if (sides.every(([, variables]) => variables.length === 0)) return null;
  return sides.map(([side, variables]) =>
    variables.length === 0 ? null : (
      <section key={side} className={panel.section} aria-label={`${side} of the task`}>
        <h3>{side} by type</h3>
        <KeyValues
          pairs={variables.map(({ key, value }) => [
            key,
            <>
              <span className="mono">{typeText(value?.type)}</span>
              {value?.description && value.description !== key && (
                <span className="muted"> {value.description}</span>
              )}
            </>,
          ])}
        />
      </section>
    ),
  );
}

interface RawProps<D extends DescMessage> {
  readonly schema: D;
  readonly message: MessageShape<D>;
  readonly details: ActionDetails;
}

function Raw<D extends DescMessage>({ schema, message, details }: RawProps<D>) {
  const json = useMemo(() => toJsonString(schema, message, { prettySpaces: 2 }), [schema, message]);
  return (
    <section className={panel.section} aria-label="As JSON">
      <h3>
        As JSON
        <Tooltip label="Save the spec as JSON">
          <ActionIcon
            data-right
            size="sm"
            aria-label="Save the spec as JSON"
            onClick={() =>
              saveText(
                `${details.id?.run?.name ?? 'run'}-${details.id?.name ?? 'action'}-spec.json`,
                json,
                'application/json',
              )
            }
          >
            <IconDownload size={14} />
          </ActionIcon>
        </Tooltip>
      </h3>
      <FoldedText text={json} what="the spec as JSON" />
    </section>
  );
}
