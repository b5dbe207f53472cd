import { Checkbox, JsonInput, NativeSelect, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Field } from './field.ts';
import styles from './input-field.module.css';

interface InputFieldProps {
  readonly field: Field;
  /** The first of a dialog takes the focus. */
  readonly first?: boolean;
  /** What is entered; undefined: nothing. */
  readonly value: string | undefined;
  readonly problem: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** The control for one input, by its type. */
export function InputField({ field, first = false, value, problem, onChange }: InputFieldProps) {
  return (
    <div className={styles.field} data-testid={`input-${field.name}`}>
      <Control field={field} first={first} value={value} problem={problem} onChange={onChange} />
      {field.optional && field.control !== 'kept' && (
        <Checkbox
          size="xs"
          label="None"
          aria-label={`${field.name} is None`}
          checked={value === undefined}
          onChange={(event) =>
            onChange(event.currentTarget.checked ? undefined : (field.initial ?? emptyOf(field)))
          }
        />
      )}
    </div>
  );
}

function emptyOf({ control, choices }: Field): string {
  return control === 'switch' ? 'false' : control === 'choice' ? (choices[0] ?? '') : '';
}

function Control({ field, first, value, problem, onChange }: InputFieldProps) {
  const label: ReactNode = (
    <span className={styles.label}>
      {field.name} <span className={styles.type}>{field.typeName}</span>
    </span>
  );
  const common = {
    label,
    description: field.description || undefined,
    error: problem,
    className: styles.control,
    'data-autofocus': first || undefined,
  };
  const off = field.optional && value === undefined;
  switch (field.control) {
    case 'switch':
      return (
        <div className={styles.control}>
          <span className={styles.caption}>{label}</span>
          {field.description && <span className={styles.description}>{field.description}</span>}
          <SegmentedControl
            size="xs"
            aria-label={field.name}
            disabled={off}
            value={value ?? ''}
            onChange={onChange}
            data={[
              { value: 'true', label: 'True' },
              { value: 'false', label: 'False' },
            ]}
          />
          {problem && <span className={styles.problem}>{problem}</span>}
        </div>
      );
    case 'choice':
      return (
        <NativeSelect
          {...common}
          size="xs"
          disabled={off}
          value={value ?? ''}
          onChange={(event) => onChange(event.currentTarget.value)}
          data={value === undefined ? ['', ...field.choices] : [...field.choices]}
        />
      );
    case 'json':
      return (
        <JsonInput
          {...common}
          size="xs"
          autosize
          minRows={2}
          maxRows={14}
          disabled={off}
          placeholder={field.hint}
          classNames={{ input: styles.json ?? '' }}
          value={value ?? ''}
          onChange={onChange}
        />
      );
    case 'lines':
      return (
        <Textarea
          {...common}
          size="xs"
          autosize
          minRows={2}
          maxRows={14}
          disabled={off}
          value={value ?? ''}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'line':
      return (
        <TextInput
          {...common}
          disabled={off}
          placeholder={field.hint}
          value={value ?? ''}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'kept':
      return (
        <div className={styles.control}>
          <span className={styles.caption}>{label}</span>
          <span className={styles.description}>
            {field.before === undefined
              ? 'Values of this type can’t be entered here.'
              : 'It stays as it was in the run.'}
          </span>
        </div>
      );
  }
}
