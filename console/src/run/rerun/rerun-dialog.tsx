import { create } from '@bufbuild/protobuf';
import { Alert, Button, Checkbox, Group, Loader, Modal, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useMemo, useState } from 'react';
import { type Inputs, InputsSchema } from '../../../../src/gen/flyteidl2/task/common_pb.js';
import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { errorText } from '../../api/errors.ts';
import { type Field, fieldsOf, read } from '../form/field.ts';
import { InputField } from '../form/input-field.tsx';
import { useRun } from '../run-context.ts';
import { inputsOf, repeatRun } from './repeat-run.ts';

interface RerunDialogProps {
  readonly details: RunDetails;
  readonly onClose: () => void;
}

/** Starts the run's task again with other inputs, which are checked by their types. */
export default function RerunDialog({ details, onClose }: RerunDialogProps) {
  const run = useRun();
  const { data, error } = useQuery({
    queryKey: ['run-inputs', run.kind, run.scope.project, run.scope.domain, run.name],
    queryFn: ({ signal }) => inputsOf(run, details.action?.id?.name, signal),
  });
  return (
    <Modal opened onClose={onClose} size="lg" title={`Re-run ${run.name} with other inputs`}>
      {data !== undefined && <RerunForm details={details} inputs={data} onClose={onClose} />}
      {data === undefined && (error === null ? <Loader size="sm" /> : <Problem text={errorText(error)} />)}
    </Modal>
  );
}

function RerunForm({ details, inputs, onClose }: RerunDialogProps & { readonly inputs: Inputs }) {
  const run = useRun();
  const navigate = useNavigate();
  const fields = useMemo(() => {
    const task = details.action?.spec.case === 'task' ? details.action.spec.value : undefined;
    return fieldsOf(task?.taskTemplate?.interface, inputs.literals, task?.defaultInputs);
  }, [details, inputs]);
  const [values, setValues] = useState(() => new Map(fields.map(({ name, initial }) => [name, initial])));
  const [name, setName] = useState('');
  const [overwriteCache, setOverwriteCache] = useState(false);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const results = fields.map((field) => ({ field, result: read(field, values.get(field.name)) }));
  const start = useMutation({
    mutationFn: (changed: Inputs) =>
      repeatRun(run, details, { how: 'rerun', inputs: changed, name: name.trim(), overwriteCache }),
    onSuccess: (created) => {
      notifications.show({ message: `Started ${created}`, color: 'green' });
      onClose();
      void navigate({
        to: '/v2/domain/$domain/project/$project/runs/$name',
        params: { ...run.scope, name: created },
      });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTouched(new Set(fields.map((field) => field.name)));
    const literals = results.flatMap(({ field, result }) =>
      'literal' in result && result.literal !== undefined
        ? [{ name: field.name, value: result.literal }]
        : [],
    );
    if (results.every(({ result }) => 'literal' in result)) {
      start.mutate(create(InputsSchema, { literals, context: inputs.context }));
    }
  };
  const set = (field: Field, value: string | undefined) => {
    setValues(new Map(values).set(field.name, value));
    setTouched(new Set(touched).add(field.name));
  };
  return (
    <form onSubmit={submit} noValidate>
      {fields.length === 0 && <Text size="sm">The task has no inputs.</Text>}
      {results.map(({ field, result }) => (
        <InputField
          key={field.name}
          field={field}
          value={values.get(field.name)}
          problem={touched.has(field.name) && 'problem' in result ? result.problem : undefined}
          onChange={(value) => set(field, value)}
        />
      ))}
      <TextInput
        mt="sm"
        label="Name of the new run"
        placeholder="made up, if left empty"
        maxLength={30}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox
        mt="sm"
        size="xs"
        label="Pass over cached results, and replace them"
        checked={overwriteCache}
        onChange={(event) => setOverwriteCache(event.currentTarget.checked)}
      />
      {start.error !== null && <Problem text={errorText(start.error)} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={start.isPending}>
          Start the run
        </Button>
      </Group>
    </form>
  );
}

function Problem({ text }: { readonly text: string }) {
  return (
    <Alert mt="sm" color="red" variant="outline" role="alert">
      <Text size="sm">{text}</Text>
    </Alert>
  );
}
