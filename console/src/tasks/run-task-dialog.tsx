import { create } from '@bufbuild/protobuf';
import { Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { InputsSchema } from '../../../src/gen/flyteidl2/task/common_pb.js';
import { RunSpecSchema } from '../../../src/gen/flyteidl2/task/run_pb.js';
import {
  type TaskDetails,
  TaskIdentifierSchema,
} from '../../../src/gen/flyteidl2/task/task_definition_pb.js';
import type { Scope } from '../api/scope.ts';
import { startRun } from '../api/start-run.ts';
import { fieldsOf } from '../run/form/field.ts';
import { type EnteredInput, InputsForm } from '../run/form/inputs-form.tsx';
import { DEFAULT_OPTIONS, RunOptionFields } from '../run/form/run-options.tsx';

interface RunTaskDialogProps {
  readonly scope: Scope;
  readonly details: TaskDetails;
  onClose(): void;
}

/** Asks for the inputs of a deployed task, then starts it and goes to the run. */
export default function RunTaskDialog({ scope, details, onClose }: RunTaskDialogProps) {
  const navigate = useNavigate();
  const [options, setOptions] = useState(DEFAULT_OPTIONS);
  const { spec, taskId } = details;
  const fields = useMemo(() => fieldsOf(spec?.taskTemplate?.interface, [], spec?.defaultInputs), [spec]);
  const start = useMutation({
    mutationFn: (literals: EnteredInput[]) => {
      const { overwriteCache } = options;
      return startRun({
        scope,
        name: options.name.trim(),
        task: { case: 'taskId', value: details.taskId ?? create(TaskIdentifierSchema) },
        inputs: create(InputsSchema, { literals }),
        runSpec: create(
          RunSpecSchema,
          overwriteCache ? { overwriteCache, cacheConfig: { overwriteCache } } : {},
        ),
      });
    },
    onSuccess: (created) => {
      notifications.show({ message: `Started ${created}`, color: 'green' });
      onClose();
      void navigate({
        to: '/v2/domain/$domain/project/$project/runs/$name',
        params: { ...scope, name: created },
      });
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={`Run ${taskId?.name ?? ''}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <InputsForm
        fields={fields}
        pending={start.isPending}
        error={start.error}
        onSubmit={(literals) => start.mutate(literals)}
        onCancel={onClose}
      >
        <RunOptionFields nameLabel="Name of the run" options={options} onChange={setOptions} />
      </InputsForm>
    </Modal>
  );
}
