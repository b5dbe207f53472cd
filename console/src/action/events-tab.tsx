import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import {
  type ClusterEvent,
  ClusterEvent_Type,
} from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { EmptyState } from '../shared/empty-state.tsx';
import { isTerminal } from '../shared/phase.ts';
import { Time } from '../shared/time.tsx';
import { useAction } from './action-context.ts';
import styles from './events-tab.module.css';

/** What the cluster, or what runs the tasks here, has reported, attempt by attempt, the newest first. */
export function EventsTab() {
  const { details } = useAction();
  if (details === undefined) return null;
  const attempts = details.attempts.filter(({ clusterEvents }) => clusterEvents.length > 0).toReversed();
  if (attempts.length === 0)
    return (
      <EmptyState title="No events">
        {isTerminal(details.status?.phase)
          ? 'Nothing was reported about where it ran.'
          : 'What happens around it comes up here: when it is placed, pulled, started, stopped.'}
      </EmptyState>
    );
  return attempts.map(({ attempt, clusterEvents }) => (
    <section key={attempt} aria-label={`Events of attempt ${attempt}`}>
      {details.attempts.length > 1 && <h3 className={styles.attempt}>Attempt {attempt}</h3>}
      <ol className={styles.events} reversed>
        {numbered(clusterEvents).map(({ event, number }) => (
          <Event key={number} event={event} />
        ))}
      </ol>
    </section>
  ));
}

/** The newest first. Events have no names, but their list only grows at its end. */
function numbered(events: readonly ClusterEvent[]) {
  return events.map((event, number) => ({ event, number })).toReversed();
}

function Event({ event }: { readonly event: ClusterEvent }) {
  const warning = event.type === ClusterEvent_Type.WARNING;
  return (
    <li className={styles.event} data-warning={warning || undefined}>
      <span className={styles.icon}>
        {warning ? (
          <IconAlertTriangle size={15} role="img" aria-label="Warning" />
        ) : (
          <IconInfoCircle size={15} aria-hidden />
        )}
      </span>
      <div className={styles.body}>
        <div className={styles.head}>
          <b>{event.reason || 'Event'}</b>
          {event.count > 1 && <span className="muted">{event.count} times</span>}
          <span className={styles.source}>{event.sourceComponent}</span>
          <Time at={event.occurredAt} />
        </div>
        {event.message !== '' && <p className={styles.message}>{event.message}</p>}
      </div>
    </li>
  );
}
