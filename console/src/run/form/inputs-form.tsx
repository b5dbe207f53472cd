import { Alert, Button, Group, Text } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { Literal } from '../../../../src/gen/flyteidl2/core/literals_pb.js';
import { errorText } from '../../api/errors.ts';
import { type Field, read } from './field.ts';
import { InputField } from './input-field.tsx';

/** An input by its name, as requests take it. */
export interface EnteredInput {
  readonly name: string;
  readonly value: Literal;
}

interface InputsFormProps {
  readonly fields: readonly Field[];
  /** What else is asked for. */
  readonly children?: ReactNode;
  readonly pending: boolean;
  /** Why the last attempt failed. */
  readonly error: Error | null;
  /** Called once every input is valid. */
  onSubmit(literals: EnteredInput[]): void;
  onCancel(): void;
}

/** A form for the inputs of a task, each checked by its type, that starts a run. */
export function InputsForm({ fields, children, pending, error, onSubmit, onCancel }: InputsFormProps) {
  const [values, setValues] = useState(() => new Map(fields.map(({ name, initial }) => [name, initial])));
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const results = fields.map((field) => ({ field, result: read(field, values.get(field.name)) }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTouched(new Set(fields.map((field) => field.name)));
    if (!results.every(({ result }) => 'literal' in result)) return;
    onSubmit(
      results.flatMap(({ field, result }) =>
        'literal' in result && result.literal !== undefined
          ? [{ name: field.name, value: result.literal }]
          : [],
      ),
    );
  };
  const set = (field: Field, value: string | undefined) => {
    setValues(new Map(values).set(field.name, value));
    setTouched(new Set(touched).add(field.name));
  };
  return (
    <form onSubmit={submit} noValidate>
      {fields.length === 0 && <Text size="sm">The task has no inputs.</Text>}
      {results.map(({ field, result }, index) => (
        <InputField
          key={field.name}
          first={index === 0}
          field={field}
          value={values.get(field.name)}
          problem={touched.has(field.name) && 'problem' in result ? result.problem : undefined}
          onChange={(value) => set(field, value)}
        />
      ))}
      {children}
      {error !== null && <Problem text={errorText(error)} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={pending}>
          Start the run
        </Button>
      </Group>
    </form>
  );
}

/** What went wrong, inside a dialog. */
export function Problem({ text }: { readonly text: string }) {
  return (
    <Alert mt="sm" color="red" variant="outline" role="alert">
      <Text size="sm">{text}</Text>
    </Alert>
  );
}
