import { create, equals, type MessageInitShape, toJson } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import {
  RecordActionEventsRequestSchema,
  RecordActionStreamRequestSchema,
} from '../gen/flyteidl2/workflow/internal_run_service_pb.js';
import {
  CreateRunRequestSchema,
  ListRunsRequestSchema,
  WatchGroupsRequestSchema,
  WatchRunsRequestSchema,
} from '../gen/flyteidl2/workflow/run_service_pb.js';
import { ReportTrackedActionsRequestSchema } from '../gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { fillOrganization } from './organization.ts';

const run = { project: 'p', domain: 'd', name: 'n' };

function filledList(init: MessageInitShape<typeof ListRunsRequestSchema>) {
  const message = create(ListRunsRequestSchema, init);
  fillOrganization(ListRunsRequestSchema, message, 'home');
  return message.scopeBy;
}

test('every scope of a list is filled, an empty scope of an organization too', () => {
  expect(filledList({ scopeBy: { case: 'org', value: '' } })).toEqual({ case: 'org', value: 'home' });
  expect(filledList({ scopeBy: { case: 'org', value: 'acme' } })).toEqual({ case: 'org', value: 'acme' });
  expect(filledList({})).toEqual({ case: undefined });
  expect(
    filledList({ scopeBy: { case: 'projectId', value: { name: 'p', domain: 'd' } } }).value,
  ).toMatchObject({
    organization: 'home',
  });
  for (const which of ['triggerName', 'taskName', 'taskId'] as const) {
    expect(filledList({ scopeBy: { case: which, value: {} } }).value).toMatchObject({ org: 'home' });
  }
});

test('the targets of a watch are filled', () => {
  const message = create(WatchRunsRequestSchema, { target: { case: 'clusterId', value: { name: 'c' } } });
  fillOrganization(WatchRunsRequestSchema, message, 'home');
  expect(message.target.value).toMatchObject({ organization: 'home', name: 'c' });
  const groups = create(WatchGroupsRequestSchema, { scopeBy: { case: 'projectId', value: { name: 'p' } } });
  fillOrganization(WatchGroupsRequestSchema, groups, 'home');
  expect(groups.scopeBy.value).toMatchObject({ organization: 'home' });
});

test('lists of messages are filled, each item on its own', () => {
  const events = create(RecordActionEventsRequestSchema, {
    events: [{ id: { run, name: 'a0' } }, { id: { run: { ...run, org: 'acme' }, name: 'a1' } }, {}],
  });
  fillOrganization(RecordActionEventsRequestSchema, events, 'home');
  expect(events.events.map(({ id }) => id?.run?.org)).toEqual(['home', 'acme', undefined]);

  const report = create(ReportTrackedActionsRequestSchema, {
    updates: [{ event: { id: { run, name: 'a0' } } }, {}],
  });
  fillOrganization(ReportTrackedActionsRequestSchema, report, 'home');
  expect(report.updates[0]?.event?.id?.run?.org).toBe('home');
});

test('messages of streams are filled inside their frame', () => {
  const message = create(RecordActionStreamRequestSchema, { request: { actionId: { run, name: 'a1' } } });
  fillOrganization(RecordActionStreamRequestSchema, message, 'home');
  expect(message.request?.actionId?.run?.org).toBe('home');
});

test('a task that belongs to the user stays as it was sent', () => {
  const init: MessageInitShape<typeof CreateRunRequestSchema> = {
    id: { case: 'runId', value: { ...run, org: 'acme' } },
    task: { case: 'taskSpec', value: { taskTemplate: { id: { name: 't', project: 'p' } } } },
  };
  const message = create(CreateRunRequestSchema, init);
  fillOrganization(CreateRunRequestSchema, message, 'home');
  expect(equals(CreateRunRequestSchema, message, create(CreateRunRequestSchema, init))).toBe(true);
});

test('nothing is invented where a request names nothing', () => {
  const message = create(CreateRunRequestSchema, {});
  fillOrganization(CreateRunRequestSchema, message, 'home');
  expect(toJson(CreateRunRequestSchema, message)).toEqual({});
});
