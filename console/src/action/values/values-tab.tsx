import { ActionIcon, Skeleton, Tooltip } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { LiteralType } from '../../../../src/gen/flyteidl2/core/types_pb.js';
import type { NamedLiteral } from '../../../../src/gen/flyteidl2/task/common_pb.js';
import { type ActionDetails, RunSource } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { dataClient } from '../../api/data-client.ts';
import { formatJson } from '../../run/form/json.ts';
import { useRun } from '../../run/run-context.ts';
import { CopyButton } from '../../shared/copy-button.tsx';
import { ErrorBanner } from '../../shared/error-banner.tsx';
import { isTerminal } from '../../shared/phase.ts';
import { useAction } from '../action-context.ts';
import panel from '../action-panel.module.css';
import { saveText } from '../save-text.ts';
import { type Shown, shownOf, toCopy, typeName } from './shown.ts';
import { isShort, ValueView } from './value-view.tsx';
import styles from './values.module.css';

const NONE: NamedLiteral[] = [];

/** What went into the action and what came out of it. */
export default function ValuesTab() {
  const { kind } = useRun();
  const { id, details } = useAction();
  const status = details?.status;
  const { data, error, refetch, isPending } = useQuery({
    queryKey: [
      'action-data',
      kind,
      id.run?.project,
      id.run?.domain,
      id.run?.name,
      id.name,
      // Outputs come with the end, or with the next attempt.
      `${status?.phase} ${status?.attempts}`,
    ],
    queryFn: ({ signal }) =>
      dataClient.getActionData(
        { actionId: id, runSource: kind === 'tracked-runs' ? RunSource.TRACKED : RunSource.UNSPECIFIED },
        { signal },
      ),
    placeholderData: (before) => before,
  });
  if (error !== null && data === undefined)
    return (
      <ErrorBanner title="Inputs and outputs can’t be read" error={error} onRetry={() => void refetch()} />
    );
  if (isPending) return <Skeleton h={80} m={16} w="auto" />;
  const faces = interfaceOf(details);
  const outputs = outputsOf(details, data?.outputs?.literals ?? NONE);
  return (
    <>
      <Values
        title="Inputs"
        values={data?.inputs?.literals ?? NONE}
        types={faces.inputs}
        uri={data?.inputsUri ?? ''}
        nothing="It takes no inputs, or none are stored here."
      />
      <Values
        title="Outputs"
        values={outputs}
        types={faces.outputs}
        uri={data?.outputsUri ?? ''}
        nothing={
          isTerminal(status?.phase) ? 'It put nothing out.' : 'Nothing yet: outputs come when it succeeds.'
        }
      />
    </>
  );
}

function interfaceOf(details: ActionDetails | undefined) {
  const spec = details?.spec;
  const face =
    spec?.case === 'task'
      ? spec.value.taskTemplate?.interface
      : spec?.case === 'trace'
        ? spec.value.interface
        : undefined;
  const types = (variables: { key: string; value?: { type?: LiteralType } }[] | undefined) =>
    new Map((variables ?? []).map(({ key, value }) => [key, value?.type] as const));
  return { inputs: types(face?.inputs?.variables), outputs: types(face?.outputs?.variables) };
}

/** A condition has no outputs in the storage: what was signalled is its output. */
function outputsOf(details: ActionDetails | undefined, stored: readonly NamedLiteral[]) {
  const result = details?.result;
  if (stored.length > 0 || result?.case !== 'signalInfo' || result.value.output === undefined) return stored;
  return [{ name: 'value', value: result.value.output }];
}

interface ValuesProps {
  readonly title: string;
  readonly values: readonly Pick<NamedLiteral, 'name' | 'value'>[];
  readonly types: ReadonlyMap<string, LiteralType | undefined>;
  /** The file that they come from; empty if there is none. */
  readonly uri: string;
  readonly nothing: string;
}

function Values({ title, values, types, uri, nothing }: ValuesProps) {
  const { id } = useAction();
  const all = useMemo(
    () => formatJson(Object.fromEntries(values.map(({ name, value }) => [name, toCopy(value)]))),
    [values],
  );
  const what = title.toLowerCase();
  const file = `${id.run?.name}-${id.name}-${what}.json`;
  return (
    <section className={panel.section} aria-label={title}>
      <h3>
        {title}
        {values.length > 0 && (
          <span data-right>
            <CopyButton value={all} what={`the ${what} as JSON`} />
            <Tooltip label={`Save the ${what} as JSON`}>
              <ActionIcon
                size="sm"
                aria-label={`Save the ${what} as JSON`}
                onClick={() => saveText(file, all, 'application/json')}
              >
                <IconDownload size={14} />
              </ActionIcon>
            </Tooltip>
          </span>
        )}
      </h3>
      {values.length === 0 && <p className={styles.nothing}>{nothing}</p>}
      <dl className={styles.values}>
        {values.map(({ name, value }) => (
          <Value key={name} name={name} type={typeName(types.get(name))} shown={shownOf(value)} />
        ))}
      </dl>
      {uri !== '' && (
        <p className={styles.file}>
          <span className={styles.uri}>{uri}</span>
          <CopyButton value={uri} what={`where the ${what} lie`} />
        </p>
      )}
    </section>
  );
}

interface ValueProps {
  readonly name: string;
  readonly type: string;
  readonly shown: Shown;
}

/** A short value stands beside its name, all others below it. */
function Value({ name, type, shown }: ValueProps) {
  return (
    <div className={styles.value} data-short={isShort(shown) || undefined}>
      <dt className={styles.label}>
        <span className={styles.name}>{name}</span> <span className={styles.type}>{type}</span>
      </dt>
      <dd>
        <ValueView shown={shown} />
      </dd>
    </div>
  );
}
