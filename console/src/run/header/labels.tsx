import { Popover, UnstyledButton } from '@mantine/core';
import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import styles from './run-header.module.css';

/** So many stand in the header; the others are one click away. */
const SHOWN = 4;

/** The labels of the run. */
export function Labels({ details }: { readonly details: RunDetails | undefined }) {
  const labels = Object.entries(details?.runSpec?.labels?.values ?? {});
  if (labels.length === 0) return null;
  return (
    <div className={styles.labelled}>
      <LabelList labels={labels.slice(0, SHOWN)} name="Labels" />
      {labels.length > SHOWN && (
        <Popover position="bottom-end" trapFocus returnFocus>
          <Popover.Target>
            <UnstyledButton className={styles.moreLabels} aria-label={`All ${labels.length} labels`}>
              +{labels.length - SHOWN}
            </UnstyledButton>
          </Popover.Target>
          {/* Focusable, so that keys scroll it. */}
          <Popover.Dropdown className={styles.allLabels} tabIndex={0} aria-label="All labels">
            <LabelList labels={labels} name="All labels" />
          </Popover.Dropdown>
        </Popover>
      )}
    </div>
  );
}

interface LabelListProps {
  readonly labels: readonly (readonly [key: string, value: string])[];
  readonly name: string;
}

function LabelList({ labels, name }: LabelListProps) {
  return (
    <ul className={styles.labels} aria-label={name}>
      {labels.map(([key, value]) => (
        <li key={key} className={styles.label} title={value === '' ? key : `${key}=${value}`}>
          <span>{key}</span>
          {value !== '' && <b>{value}</b>}
        </li>
      ))}
    </ul>
  );
}
