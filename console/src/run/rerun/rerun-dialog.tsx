import { create } from '@bufbuild/protobuf';
import { Loader, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { type Inputs, InputsSchema } from '../../../../src/gen/flyteidl2/task/common_pb.js';
import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { errorText } from '../../api/errors.ts';
import { fieldsOf } from '../form/field.ts';
import { InputsForm, Problem } from '../form/inputs-form.tsx';
import { DEFAULT_OPTIONS, RunOptionFields } from '../form/run-options.tsx';
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
    <Modal
      opened
      onClose={onClose}
      closeButtonProps={{ 'aria-label': 'Close' }}
      size="lg"
      title={`Re-run ${run.name} with other inputs`}
    >
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
  const [options, setOptions] = useState(DEFAULT_OPTIONS);
  const start = useMutation({
    mutationFn: (changed: Inputs) =>
      repeatRun(run, details, {
        how: 'rerun',
        inputs: changed,
        name: options.name.trim(),
        overwriteCache: options.overwriteCache,
      }),
    onSuccess: (created) => {
      notifications.show({ message: `Started ${created}`, color: 'green' });
      onClose();
      void navigate({
        to: '/v2/domain/$domain/project/$project/runs/$name',
        params: { ...run.scope, name: created },
      });
    },
  });
  return (
    <InputsForm
      fields={fields}
      pending={start.isPending}
      error={start.error}
      onSubmit={(literals) => start.mutate(create(InputsSchema, { literals, context: inputs.context }))}
      onCancel={onClose}
    >
      <RunOptionFields nameLabel="Name of the new run" options={options} onChange={setOptions} />
    </InputsForm>
  );
}
