import type { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';
import { PhaseIcon, phaseColours } from '../shared/phase-badge.tsx';
import { PHASES } from '../shared/phase.ts';
import styles from './phase-filter.module.css';

interface PhaseFilterProps {
  /** Keys of the phases that are chosen; none stands for all. */
  readonly chosen: readonly string[];
  readonly counts: ReadonlyMap<ActionPhase, number>;
  onChange(keys: readonly string[]): void;
}

/** The legend of the strip, with how many runs are in each phase. A click filters by it, another one adds or removes. */
export function PhaseFilter({ chosen, counts, onChange }: PhaseFilterProps) {
  const toggle = (key: string) =>
    onChange(chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key]);
  return (
    <fieldset className={styles.phases}>
      <legend className="visually-hidden">Phases</legend>
      {PHASES.map(({ phase, key, label }) => {
        const count = counts.get(phase) ?? 0;
        return (
          <button
            key={key}
            type="button"
            className={styles.phase}
            style={phaseColours(phase)}
            aria-pressed={chosen.includes(key)}
            data-empty={count === 0 || undefined}
            data-off={(chosen.length > 0 && !chosen.includes(key)) || undefined}
            onClick={() => toggle(key)}
          >
            <PhaseIcon phase={phase} size={13} />
            {label}
            <span className={styles.count}>{count}</span>
          </button>
        );
      })}
    </fieldset>
  );
}
