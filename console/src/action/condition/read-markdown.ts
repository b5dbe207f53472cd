/** A piece of a line. */
export type Inline =
  | { readonly kind: 'text' | 'strong' | 'emphasis' | 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

/** A block of a text. */
export type Block =
  | { readonly kind: 'paragraph' | 'heading'; readonly content: readonly Inline[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'code'; readonly text: string };

/**
 * Reads the part of Markdown that prompts use: headings, lists, code, emphasis and links to http addresses. Everything else, HTML above
 * all, is text.
 */
export function readMarkdown(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  for (let i = 0; i < lines.length; ) {
    const line = lines[i] ?? '';
    const taken = line.trim() === '' ? 1 : readBlock(lines, i, blocks);
    i += taken;
  }
  return blocks;
}

const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*?)\s*#*$/;
const FENCE = /^\s*(?:```|~~~)/;

/** Adds the block that begins at the line; answers how many lines it has. */
function readBlock(lines: readonly string[], from: number, blocks: Block[]): number {
  const line = lines[from] ?? '';
  if (FENCE.test(line)) {
    const end = lines.findIndex((other, i) => i > from && FENCE.test(other));
    const to = end < 0 ? lines.length : end;
    blocks.push({ kind: 'code', text: lines.slice(from + 1, to).join('\n') });
    return to - from + 1;
  }
  const heading = HEADING.exec(line);
  if (heading !== null) {
    blocks.push({ kind: 'heading', content: readInline(heading[1] ?? '') });
    return 1;
  }
  const rest = lines.slice(from);
  const first = ITEM.exec(line);
  if (first !== null) {
    const end = rest.findIndex((other) => !ITEM.test(other));
    const items = rest.slice(0, end < 0 ? rest.length : end);
    blocks.push({
      kind: 'list',
      ordered: first[1] !== undefined,
      items: items.map((item) => readInline(ITEM.exec(item)?.[2] ?? '')),
    });
    return items.length;
  }
  const end = rest.findIndex(
    (other) => other.trim() === '' || ITEM.test(other) || HEADING.test(other) || FENCE.test(other),
  );
  const own = rest.slice(0, end < 0 ? rest.length : end);
  blocks.push({ kind: 'paragraph', content: readInline(own.map((one) => one.trim()).join(' ')) });
  return own.length;
}

const INLINE =
  /`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|\b_([^_\s][^_]*)_\b|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;

function readInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) });
    from = match.index + match[0].length;
    const [, code, strong, strong2, emphasis, emphasis2, label, href] = match;
    if (code !== undefined) parts.push({ kind: 'code', text: code });
    else if (label !== undefined && href !== undefined) parts.push({ kind: 'link', text: label, href });
    else if (strong !== undefined || strong2 !== undefined)
      parts.push({ kind: 'strong', text: strong ?? strong2 ?? '' });
    else parts.push({ kind: 'emphasis', text: emphasis ?? emphasis2 ?? '' });
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) });
  return parts;
}
