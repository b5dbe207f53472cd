import { type Figure, figureText, type Row, verdict } from './rows.ts';

const HEAD = ['work', 'at least', 'goal', 'measured', 'limit in the same run', 'verdict'];

function cells(row: Row): string[] {
  const bounds = (bound: 'atLeast' | 'goal') =>
    row.figures
      .flatMap((figure) => {
        const wanted = figure.bounds[bound];
        return wanted === undefined ? [] : [figureText(figure, wanted)];
      })
      .join(', ');
  const measured = row.figures.map((figure: Figure) => figureText(figure, figure.value)).join(', ');
  return [row.work, bounds('atLeast'), bounds('goal'), measured, row.limit, verdict(row)];
}

/** The rows as text for a terminal. */
export function textTable(rows: readonly Row[]): string {
  return rows
    .map((row) => {
      const [work, atLeast, goal, measured, limit, how] = cells(row);
      return [
        `${work}`,
        `    measured ${measured}  [${how}]`,
        ...(atLeast === '' ? [] : [`    at least ${atLeast}; goal ${goal}`]),
        ...(limit === '' ? [] : [`    limit    ${limit}`]),
        ...(row.details === undefined ? [] : [`    also     ${row.details}`]),
      ].join('\n');
    })
    .join('\n');
}

/** The rows as a Markdown table. */
export function markdownTable(rows: readonly Row[]): string {
  const line = (columns: readonly string[]) => `| ${columns.join(' | ')} |`;
  return [line(HEAD), line(HEAD.map(() => '---')), ...rows.map((row) => line(cells(row)))].join('\n');
}
