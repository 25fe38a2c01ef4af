// Covers that authors do not upload: seven pale tints with one deep line, and a drawing. The same course always gets
// the same pair.
import type { ReactNode } from 'react';
import { hash } from '~/ui/Initials';

type Tint = { pale: string; line: string; soft: string };

const tints: readonly Tint[] = [
  { pale: '#e9edfb', line: '#2f4fc7', soft: '#a9b8ee' },
  { pale: '#e3f1ec', line: '#146b52', soft: '#9dcfbd' },
  { pale: '#f8e8ea', line: '#a02b47', soft: '#e3aeb9' },
  { pale: '#f5ecdd', line: '#8a5a16', soft: '#ddbf8a' },
  { pale: '#e4f0f6', line: '#17607f', soft: '#9ccadd' },
  { pale: '#eeebf8', line: '#51409f', soft: '#bdb2e4' },
  { pale: '#eceef2', line: '#2a303c', soft: '#b4bac6' },
];

const drawings: Record<string, (tint: Tint) => ReactNode> = {
  database: ({ line, soft }) => (
    <>
      <g transform="translate(104 34)" fill="none" stroke={line} strokeWidth={3}>
        <ellipse cx="56" cy="16" rx="52" ry="15" fill="#fff" />
        <path d="M4 16v32c0 8.3 23.3 15 52 15s52-6.7 52-15V16" fill={soft} />
        <path d="M4 48v32c0 8.3 23.3 15 52 15s52-6.7 52-15V48" fill="#fff" />
        <path d="M4 80v18c0 8.3 23.3 15 52 15s52-6.7 52-15V80" fill={soft} />
      </g>
    </>
  ),
  network: ({ line, soft }) => (
    <>
      <g stroke={line} strokeWidth={2.5} fill="none">
        <path d="M90 52L160 40M90 52l70 50M90 90l70-50M90 90l70 12M90 90l70 50M90 128l70-26M90 128l70 12M160 40l70 32M160 102l70-30M160 102l70 16M160 140l70-22" />
      </g>
      <g fill="#fff" stroke={line} strokeWidth={3}>
        <circle cx="90" cy="52" r="10" />
        <circle cx="90" cy="90" r="10" fill={soft} />
        <circle cx="90" cy="128" r="10" />
        <circle cx="160" cy="40" r="10" fill={soft} />
        <circle cx="160" cy="102" r="10" />
        <circle cx="160" cy="140" r="10" fill={soft} />
        <circle cx="230" cy="72" r="12" fill={line} />
        <circle cx="230" cy="118" r="12" />
      </g>
    </>
  ),
  talk: ({ line, soft }) => (
    <>
      <path
        d="M80 44h96a10 10 0 0 1 10 10v46a10 10 0 0 1-10 10h-58l-22 20v-20H80a10 10 0 0 1-10-10V54a10 10 0 0 1 10-10z"
        fill="#fff"
        stroke={line}
        strokeWidth={3}
      />
      <path
        d="M206 78h32a10 10 0 0 1 10 10v44a10 10 0 0 1-10 10h-6v18l-20-18h-40a10 10 0 0 1-10-10v-10"
        fill={soft}
        stroke={line}
        strokeWidth={3}
      />
      <path d="M96 80h62M96 94h40" stroke={line} strokeWidth={4} />
      <path d="M96 64h30" stroke={soft} strokeWidth={4} />
    </>
  ),
  craft: ({ line, soft }) => (
    <>
      <path d="M84 78h152c0 44-30 72-76 72s-76-28-76-72z" fill="#fff" stroke={line} strokeWidth={3} />
      <path d="M84 78c20 12 132 12 152 0" fill="none" stroke={line} strokeWidth={3} />
      <path d="M96 104c16 16 24-10 40 6s24-10 40 4 28-12 48-8" fill="none" stroke={soft} strokeWidth={5} />
      <path d="M136 150h48l6 12h-60z" fill={soft} stroke={line} strokeWidth={3} />
      <path
        d="M128 54c0-12 12-10 12-22M160 54c0-12 12-10 12-22M192 54c0-12 12-10 12-22"
        stroke={line}
        strokeWidth={3}
        fill="none"
      />
    </>
  ),
  cloud: ({ line, soft }) => (
    <>
      <path
        d="M112 132a30 30 0 0 1 2-60 44 44 0 0 1 84-8 34 34 0 0 1 10 68z"
        fill="#fff"
        stroke={line}
        strokeWidth={3}
      />
      <path d="M140 132v24M160 132v34M180 132v24" stroke={line} strokeWidth={3} />
      <circle cx="140" cy="158" r="5" fill={soft} />
      <circle cx="160" cy="168" r="5" fill={line} />
      <circle cx="180" cy="158" r="5" fill={soft} />
    </>
  ),
  chart: ({ line, soft }) => (
    <>
      <g stroke={line} strokeWidth={3} fill={soft}>
        <rect x="86" y="104" width="28" height="46" fill="#fff" />
        <rect x="126" y="80" width="28" height="70" />
        <rect x="166" y="92" width="28" height="58" fill="#fff" />
        <rect x="206" y="50" width="28" height="100" />
      </g>
      <path d="M86 84l54-26 40 12 54-40" fill="none" stroke={line} strokeWidth={4} />
      <path d="M70 152h180" stroke={line} strokeWidth={3} />
    </>
  ),
  code: ({ line, soft }) => (
    <>
      <rect x="70" y="38" width="180" height="112" rx="8" fill="#fff" stroke={line} strokeWidth={3} />
      <path d="M70 62h180" stroke={line} strokeWidth={3} />
      <circle cx="84" cy="50" r="4" fill={soft} />
      <circle cx="98" cy="50" r="4" fill={soft} />
      <path
        d="M132 86l-20 19 20 19M188 86l20 19-20 19M170 80l-20 50"
        fill="none"
        stroke={line}
        strokeWidth={5}
      />
    </>
  ),
  shapes: ({ line, soft }) => (
    <>
      <circle cx="132" cy="90" r="46" fill={soft} />
      <rect x="146" y="58" width="84" height="84" fill="#fff" stroke={line} strokeWidth={3} />
      <path d="M96 142l50-90 50 90z" fill="none" stroke={line} strokeWidth={3} />
      <g fill={line}>
        <rect x="141" y="47" width="10" height="10" />
        <rect x="91" y="137" width="10" height="10" />
        <rect x="191" y="137" width="10" height="10" />
      </g>
    </>
  ),
  phone: ({ line, soft }) => (
    <>
      <rect x="122" y="22" width="76" height="136" rx="12" fill="#fff" stroke={line} strokeWidth={3} />
      <path d="M150 34h20" stroke={line} strokeWidth={3} />
      <rect x="134" y="50" width="52" height="36" rx="4" fill={soft} />
      <path d="M134 102h52M134 116h36" stroke={line} strokeWidth={4} />
      <rect x="134" y="130" width="52" height="14" rx="7" fill={line} />
    </>
  ),
};

const names = Object.keys(drawings);

export function DrawnCover({ id }: { id: string }) {
  const number = hash(id);
  const tint = tints[number % tints.length] as Tint;
  const draw = drawings[names[Math.floor(number / tints.length) % names.length] as string];
  return (
    <svg viewBox="0 0 320 180" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      <rect width="320" height="180" fill={tint.pale} />
      {draw?.(tint)}
    </svg>
  );
}
