import { describe, expect, it } from 'vitest';
import { ActionPhase } from '../gen/flyteidl2/common/phase_pb.js';
import {
  isRetryable,
  isTerminal,
  PHASES,
  parsePhase,
  phaseFromNumber,
  phaseNumber,
  phaseRank,
} from './phase.ts';

describe('phases', () => {
  it('are those of the contract, by name and number', () => {
    const contract = Object.entries(ActionPhase).filter(([, number]) => typeof number === 'number');
    const ours = PHASES.map((phase) => [phase, phaseNumber(phase)]);
    expect(Object.fromEntries(ours)).toEqual(
      Object.fromEntries(contract.filter(([name]) => name !== 'UNSPECIFIED')),
    );
    for (const phase of PHASES) expect(phaseFromNumber(phaseNumber(phase))).toBe(phase);
    expect([0, 11, -1, 1.5].map(phaseFromNumber)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('rise to the terminal ones, which share a rank', () => {
    const rising = PHASES.filter((phase) => !isTerminal(phase));
    expect(rising).toEqual(['QUEUED', 'WAITING_FOR_RESOURCES', 'INITIALIZING', 'RUNNING', 'PAUSED']);
    const ranks = rising.map(phaseRank);
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(new Set(ranks).size).toBe(rising.length);
    const terminal = new Set(PHASES.filter(isTerminal).map(phaseRank));
    expect(terminal.size).toBe(1);
    expect([...terminal][0]).toBeGreaterThan(Math.max(...ranks));
    expect(PHASES.filter(isRetryable)).toEqual(['FAILED', 'TIMED_OUT']);
  });

  it.each([
    ['4', 'RUNNING'],
    ['running', 'RUNNING'],
    ['ACTION_PHASE_TIMED_OUT', 'TIMED_OUT'],
    ['10', 'RECOVERED'],
    ['0', undefined],
    ['0004', undefined],
    ['4.0', undefined],
    ['', undefined],
    ['toString', undefined],
  ])('are read from %j', (text, phase) => {
    expect(parsePhase(text)).toBe(phase);
  });
});
