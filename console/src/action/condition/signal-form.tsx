import { Button, Group, NativeSelect, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { LiteralType } from '../../../../src/gen/flyteidl2/core/types_pb.js';
import { api } from '../../api/clients.ts';
import { errorText } from '../../api/errors.ts';
import { Problem } from '../../run/form/inputs-form.tsx';
import { typeText } from '../../run/form/literal.ts';
import { useAction } from '../action-context.ts';
import { kindOf, payloadOf, type ValueKind } from './condition-value.ts';
import styles from './condition.module.css';

/** Answers a condition that waits, by the control that its type needs. */
export function SignalForm({ type }: { readonly type: LiteralType | undefined }) {
  const wanted = kindOf(type);
  const { id, details } = useAction();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<ValueKind>('bool');
  const [text, setText] = useState('');
  const [touched, setTouched] = useState(false);
  const kind = wanted === undefined || wanted === 'other' ? chosen : wanted;
  const entered = payloadOf(kind, text);
  const signal = useMutation({
    mutationFn: async () => {
      if ('problem' in entered) throw new Error(entered.problem);
      await api.runs.signalEvent({
        actionId: id,
        parentActionName: details?.metadata?.parent ?? '',
        payload: { value: entered.payload },
      });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['action-details'] }),
  });
  if (wanted === 'other')
    return (
      <p className={styles.description}>
        It waits for a value of type {typeText(type)}, which no signal can carry: bool, int, float and str
        can.
      </p>
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (!('problem' in entered)) signal.mutate();
  };
  const problem = touched && 'problem' in entered ? entered.problem : undefined;
  return (
    <form onSubmit={submit} noValidate className={styles.form}>
      {wanted === undefined && (
        <NativeSelect
          size="xs"
          label="Type"
          value={kind}
          onChange={(event) => {
            setChosen(event.currentTarget.value as ValueKind);
            setText('');
          }}
          data={['bool', 'int', 'float', 'str']}
        />
      )}
      <Control kind={kind} value={text} problem={problem} onChange={setText} />
      {signal.error !== null && <Problem text={errorText(signal.error)} />}
      <Group mt="sm">
        <Button type="submit" loading={signal.isPending}>
          Answer, and let the run go on
        </Button>
      </Group>
    </form>
  );
}

interface ControlProps {
  readonly kind: ValueKind;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}

function Control({ kind, value, problem, onChange }: ControlProps) {
  switch (kind) {
    case 'bool':
      return (
        <div>
          <SegmentedControl
            aria-label="Answer"
            value={value}
            onChange={onChange}
            data={[
              { value: 'true', label: 'True' },
              { value: 'false', label: 'False' },
            ]}
          />
          {problem && (
            <p className={styles.problem} role="alert">
              {problem}
            </p>
          )}
        </div>
      );
    case 'str':
      return (
        <Textarea
          size="xs"
          label="Answer"
          autosize
          minRows={1}
          maxRows={12}
          value={value}
          error={problem}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    default:
      return (
        <TextInput
          label="Answer"
          inputMode={kind === 'int' ? 'numeric' : 'decimal'}
          placeholder={kind === 'int' ? 'A whole number' : 'A number'}
          value={value}
          error={problem}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
