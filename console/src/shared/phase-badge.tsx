import {
  IconArrowBackUp,
  IconBan,
  IconCheck,
  IconClockX,
  IconDots,
  IconHourglass,
  IconLoader,
  IconPlayerPause,
  IconPlayerPlay,
  IconX,
  type TablerIcon,
} from '@tabler/icons-react';
import type { CSSProperties } from 'react';
import type { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';
import { phaseInfo } from './phase.ts';
import styles from './phase-badge.module.css';

// The shape says it, too: colour alone tells nothing to many people.
const icons: Readonly<Record<string, TablerIcon>> = {
  queued: IconDots,
  waiting: IconHourglass,
  initializing: IconLoader,
  running: IconPlayerPlay,
  paused: IconPlayerPause,
  succeeded: IconCheck,
  recovered: IconArrowBackUp,
  failed: IconX,
  'timed-out': IconClockX,
  aborted: IconBan,
};

/** Sets --phase, --phase-text and --phase-soft to the colours of a phase, for style rules below. */
export function phaseColours(phase: ActionPhase | undefined): CSSProperties {
  const { colour } = phaseInfo(phase);
  return {
    '--phase': `var(--phase-${colour})`,
    '--phase-text': `var(--phase-${colour}-text)`,
    '--phase-soft': `var(--phase-${colour}-soft)`,
  } as CSSProperties;
}

/** The sign of a phase, in its colour. Hidden from screen readers unless `titled`: beside it stands the word. */
export function PhaseIcon({ phase, size = 14, titled = false }: PhaseIconProps) {
  const { key, label } = phaseInfo(phase);
  const Icon = icons[key] ?? IconDots;
  return (
    <span
      className={styles.icon}
      data-live={key === 'running' || undefined}
      style={phaseColours(phase)}
      {...(titled ? { role: 'img', 'aria-label': label, title: label } : { 'aria-hidden': true })}
    >
      <Icon size={size} stroke={2.4} />
    </span>
  );
}

interface PhaseIconProps {
  readonly phase: ActionPhase | undefined;
  readonly size?: number;
  readonly titled?: boolean;
}

/** Sign and word of a phase. All badges are equally wide, so that a change of phase moves nothing. */
export function PhaseBadge({ phase }: { readonly phase: ActionPhase | undefined }) {
  const { label, key } = phaseInfo(phase);
  return (
    <span className={styles.badge} style={phaseColours(phase)} data-phase={key}>
      <PhaseIcon phase={phase} size={13} />
      {label}
    </span>
  );
}
