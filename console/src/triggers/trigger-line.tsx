import { ActionIcon, Button, Group, Menu, Switch } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots, IconHistory, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { TriggerName } from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import type { Trigger } from '../../../src/gen/flyteidl2/trigger/trigger_definition_pb.js';
import { errorText } from '../api/errors.ts';
import type { Scope } from '../api/scope.ts';
import { useNow } from '../shared/clock.ts';
import { millis } from '../shared/instant.ts';
import { Time } from '../shared/time.tsx';
import { nextTime, scheduleText } from './schedule-text.ts';
import { runTrigger, useChangeTrigger } from './use-triggers.ts';

interface TriggerLineProps {
  readonly scope: Scope;
  readonly trigger: Trigger;
  readonly withTask: boolean;
  onDialog(dialog: { kind: 'delete' | 'revisions'; name: TriggerName }): void;
}

/** One trigger. */
export function TriggerLine({ scope, trigger, withTask, onDialog }: TriggerLineProps) {
  const change = useChangeTrigger();
  const navigate = useNavigate();
  const name = trigger.id?.name;
  const run = useMutation({
    mutationFn: (what: TriggerName) => runTrigger(scope, what),
    onSuccess: (created) => {
      notifications.show({ message: `Started ${created}`, color: 'green' });
      void navigate({
        to: '/v2/domain/$domain/project/$project/runs/$name',
        params: { ...scope, name: created },
      });
    },
    onError: (error) =>
      notifications.show({
        title: 'The run was not started',
        message: errorText(error),
        color: 'red',
        autoClose: false,
      }),
  });
  if (name === undefined) return null;
  const { status, automationSpec } = trigger;
  // What was asked for is shown at once; an answer that refuses it puts it back.
  const active = change.isPending ? change.variables.change === 'activate' : trigger.active;
  return (
    <tr>
      <td>
        <Switch
          size="xs"
          aria-label={`${name.name} is active`}
          checked={active}
          disabled={change.isPending}
          onChange={(event) =>
            change.mutate({ name, change: event.currentTarget.checked ? 'activate' : 'deactivate' })
          }
        />
      </td>
      <td>
        <Link
          to="/v2/domain/$domain/project/$project/runs"
          params={scope}
          search={{ trigger: name.name }}
          title="Show its runs"
        >
          {name.name}
        </Link>
      </td>
      {withTask && (
        <td>
          <Link
            to="/v2/domain/$domain/project/$project/tasks/$name"
            params={{ ...scope, name: name.taskName }}
          >
            {name.taskName}
          </Link>
        </td>
      )}
      <td className="mono">{scheduleText(automationSpec)}</td>
      <td data-number>{active ? <NextTime trigger={trigger} /> : <span className="muted">paused</span>}</td>
      <td data-number>
        <Time at={status?.triggeredAt} />
      </td>
      <td data-number>
        <Time at={status?.updatedAt ?? status?.deployedAt} />
      </td>
      <td data-number>
        <Group gap={4} justify="flex-end" wrap="nowrap">
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPlayerPlay size={12} />}
            loading={run.isPending}
            onClick={() => run.mutate(name)}
          >
            Run now
          </Button>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon size="sm" aria-label={`More for ${name.name}`}>
                <IconDots size={14} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={<IconHistory size={14} />}
                onClick={() => onDialog({ kind: 'revisions', name })}
              >
                Revisions
              </Menu.Item>
              <Menu.Item
                leftSection={<IconTrash size={14} />}
                onClick={() => onDialog({ kind: 'delete', name })}
              >
                Delete…
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </td>
    </tr>
  );
}

function NextTime({ trigger: { automationSpec, status } }: { readonly trigger: Trigger }) {
  const now = useNow();
  const since = millis(status?.updatedAt) ?? millis(status?.deployedAt) ?? now;
  return <Time at={nextTime(automationSpec, since, now)} />;
}
