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

const BEGIN = '<!-- begin of the table: make bench ARGS=write -->';
const END = '<!-- end of the table -->';

/** A page with the rows put into its table: they replace those of the same work; others stay. */
export function withRows(page: string, rows: readonly Row[]): string {
  const [before = '', rest = ''] = page.split(BEGIN);
  const [table = '', after] = rest.split(END);
  if (after === undefined) throw new Error(`the page has no "${BEGIN}" with its end`);
  const fresh = markdownTable(rows).split('\n');
  const workOf = (line: string) => line.split(' | ')[0];
  const known = table
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);
  const lines = new Map([...known, ...fresh.slice(2)].map((line) => [workOf(line), line]));
  return `${before}${BEGIN}\n${[...fresh.slice(0, 2), ...lines.values()].join('\n')}\n${END}${after}`;
}
