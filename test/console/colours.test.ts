import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PHASES } from '../../console/src/shared/phase.ts';

const css = readFileSync(new URL('../../console/src/app/colours.css', import.meta.url), 'utf8');
const [light, dark] = css.split(':root[data-mantine-color-scheme="dark"]').map(colours);

/** What text stands on, beside its own soft colour. */
const grounds = ['--console-raised', '--console-sunken', '--console-hover', '--console-selected'];

describe.each([
  ['light', light],
  ['dark', dark],
])('colours of the %s theme', (_, theme = new Map<string, string>()) => {
  it.each(PHASES.map(({ colour }) => colour))('%s can be read and seen', (colour) => {
    const text = get(theme, `--phase-${colour}-text`);
    for (const ground of [`--phase-${colour}-soft`, ...grounds]) {
      expect(contrast(text, get(theme, ground)), `text on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(get(theme, `--phase-${colour}`), get(theme, '--console-raised'))).toBeGreaterThanOrEqual(
      2.4,
    );
  });

  it('muted text can be read', () => {
    for (const ground of grounds) {
      expect(contrast(get(theme, '--console-muted'), get(theme, ground))).toBeGreaterThanOrEqual(4.5);
    }
  });
});

function colours(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/(--[a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

function get(theme: ReadonlyMap<string, string>, name: string): string {
  const value = theme.get(name);
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

/** WCAG's contrast of two colours, 1 to 21. */
function contrast(a: string, b: string): number {
  const [dim = 0, bright = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
