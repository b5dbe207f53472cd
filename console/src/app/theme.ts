import { createTheme, type MantineColorsTuple } from '@mantine/core';

const blue: MantineColorsTuple = [
  '#eaf3fd',
  '#d3e4f8',
  '#a4c8f0',
  '#72aae8',
  '#4a90e1',
  '#317fdd',
  '#1f6fcb',
  '#1860b3',
  '#10529b',
  '#074380',
];

/** White text can be read on the shades that buttons have. */
const red: MantineColorsTuple = [
  '#ffebeb',
  '#fdd4d4',
  '#f5a6a6',
  '#ee7676',
  '#e64d4d',
  '#de3a3a',
  '#d32f2f',
  '#c62828',
  '#b02020',
  '#961818',
];

/** Calm, dense, rectangular. Sizes of text: xs for what stands beside, sm for all else. */
export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 7, dark: 6 },
  colors: { blue, red },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  defaultRadius: 'sm',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  respectReducedMotion: true,
  components: {
    // Its label is cut at the edges of its lines, which have to hold a g, too.
    Button: {
      defaultProps: { size: 'xs' },
      styles: { root: { fontWeight: 500 }, label: { lineHeight: 1.5 } },
    },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    TextInput: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs' } },
    // Inside its landmark, where screen readers look for it.
    Menu: { defaultProps: { shadow: 'md', withinPortal: false, withInitialFocusPlaceholder: false } },
    // A dialog's <header> is none of the page's inside of <main>. It begins at the left of the window wherever it stands in the page.
    // The scroll bar's place is kept anyway: what locks scrolling would keep it once more, and move the page.
    Modal: {
      defaultProps: { withinPortal: false, removeScrollProps: { removeScrollBar: false } },
      styles: { inner: { insetInlineStart: 0 } },
    },
    Popover: { defaultProps: { shadow: 'md', withinPortal: false } },
    Tooltip: {
      defaultProps: { openDelay: 300, withArrow: true, withinPortal: false, floatingStrategy: 'fixed' },
    },
  },
});
