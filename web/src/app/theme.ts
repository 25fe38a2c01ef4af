// The design tokens as a Mantine theme; styles/tokens.css holds the same values for plain CSS.
import {
  type ButtonProps,
  type CSSVariablesResolver,
  createTheme,
  type InputProps,
  type MantineColorsTuple,
} from '@mantine/core';

// biome-ignore format: one colour a line reads as a scale.
const lapis: MantineColorsTuple = ['#f3f5fd', '#e4e9fa', '#c7d1f4', '#a0b1eb', '#7690e1', '#4f6dd6', '#2f4fc7', '#263fa6', '#1e3283', '#172663'];
// 9 to 5 are ink 9, 7, 6, 5, 4; 3 and 2 are lines; 1 and 0 are surfaces.
// biome-ignore format: as above.
const gray: MantineColorsTuple = ['#fafafb', '#f4f5f7', '#e6e8ed', '#d3d7df', '#b3b9c4', '#858c9b', '#6b7280', '#565d6b', '#3a404d', '#12151c'];
// biome-ignore format: as above.
const green: MantineColorsTuple = ['#e9f6ee', '#d3ecdc', '#a9d8bb', '#7cc296', '#4caa72', '#1b8a4b', '#187c42', '#14703a', '#105c30', '#0b4624'];
// biome-ignore format: as above.
const yellow: MantineColorsTuple = ['#fff5e0', '#fbe8c2', '#efcf8f', '#e2b35a', '#d08a14', '#b26a00', '#9c5d00', '#8a5200', '#6f4200', '#543200'];
// biome-ignore format: as above.
const red: MantineColorsTuple = ['#fdeeee', '#f9d9da', '#f0b9bc', '#e38d92', '#d65f66', '#c83b44', '#be2f37', '#b4232b', '#931b22', '#701419'];

export const theme = createTheme({
  colors: { lapis, gray, green, yellow, red },
  primaryColor: 'lapis',
  primaryShade: 6,
  white: '#ffffff',
  black: '#12151c',
  fontFamily:
    '"Google Sans Variable", system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans Hebrew", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  lineHeights: { xs: '1.333', sm: '1.43', md: '1.467', lg: '1.65', xl: '1.4' },
  fontWeights: { regular: '400', medium: '500', bold: '600' },
  headings: {
    fontWeight: '600',
    textWrap: 'balance',
    sizes: {
      h1: { fontSize: '2rem', lineHeight: '1.1875' },
      h2: { fontSize: '1.25rem', lineHeight: '1.4' },
      h3: { fontSize: '1rem', lineHeight: '1.375' },
      h4: { fontSize: '0.875rem', lineHeight: '1.43' },
    },
  },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  defaultRadius: 'md',
  shadows: {
    xs: 'none',
    sm: '0 1px 2px rgba(18,21,28,.05), 0 4px 16px rgba(18,21,28,.06)',
    md: '0 2px 4px rgba(18,21,28,.06), 0 16px 40px rgba(18,21,28,.14)',
  },
  breakpoints: { xs: '24.375em', sm: '48em', md: '64em', lg: '80em', xl: '100em' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    // Plain objects, not `Input.extend`: the theme is in every page, these parts are not.
    Badge: {
      defaultProps: { variant: 'light', radius: 'xs', size: 'md', tt: 'none', fw: 500 },
    },
    Button: {
      defaultProps: { fw: 500 },
      vars: (_theme: unknown, props: ButtonProps) => ({
        root: {
          '--button-height': props.size === 'xs' ? '2rem' : props.size === 'lg' ? '3rem' : '2.5rem',
          '--button-fz': props.size === 'xs' ? '0.875rem' : props.size === 'lg' ? '1rem' : '0.9375rem',
          '--button-padding-x': props.size === 'xs' ? '0.75rem' : props.size === 'lg' ? '1.25rem' : '1rem',
          ...(props.size === 'xs' ? { '--button-radius': '6px' } : {}),
        },
      }),
    },
    Input: {
      vars: (_theme: unknown, props: InputProps) => ({
        wrapper: {
          '--input-height': props.size === 'xs' ? '2.25rem' : '2.75rem',
          '--input-bd': '#858c9b',
          '--input-fz': '0.9375rem',
          '--input-padding': '0.75rem',
        },
      }),
    },
  },
});

/** Where Mantine's own names stand for other steps of the scale than ours. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-default-border': '#d3d7df',
    '--mantine-color-dimmed': '#565d6b',
    '--mantine-color-placeholder': '#6b7280',
    '--mantine-color-error': '#b4232b',
    // Quiet buttons: lapis 6 on nothing, lapis 0 under the pointer.
    '--mantine-color-lapis-light-color': '#2f4fc7',
    '--mantine-color-lapis-light': '#f3f5fd',
    '--mantine-color-lapis-light-hover': '#e4e9fa',
  },
  dark: {},
});
