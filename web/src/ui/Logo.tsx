// The mark and the wordmark, drawn; never mirrored, never a font.
import css from './Logo.module.css';

type Props = { height?: number; onNight?: boolean };

export function Logo({ height = 28, onNight = false }: Props) {
  return (
    <svg
      className={onNight ? css.night : css.logo}
      height={height}
      width={(height * 146) / 32}
      viewBox="0 0 146 32"
      role="img"
      aria-label="IlmSpace"
    >
      <path
        className={css.mark}
        fillRule="evenodd"
        d="M16 1C9.2 4.6 4 8.4 4 15v16h10V17h4v14h10V15C28 8.4 22.8 4.6 16 1Zm0 7.6a2.9 2.9 0 1 1 0 5.8a2.9 2.9 0 0 1 0-5.8Z"
      />
      <g transform="translate(35.5 0)" fill="none" stroke="currentColor">
        <path
          strokeWidth="3.4"
          strokeLinejoin="miter"
          d="M2 12.2V26M8.4 4V26M14.8 26V18.6C14.8 15.6 16.8 14.6 19.2 13.2C21.6 14.6 23.6 15.6 23.6 18.6V26M23.6 18.6C23.6 15.6 25.6 14.6 28 13.2C30.4 14.6 32.4 15.6 32.4 18.6V26"
        />
        <circle cx="2" cy="7" r="2.1" fill="currentColor" stroke="none" />
        <g strokeWidth="2.5">
          <path d="M46.1 16c-1-1.7-2.5-2.6-4.4-2.6c-2.5 0-4.2 1.2-4.2 2.9c0 1.9 1.7 2.4 4.3 2.8c2.7.4 4.6 1.1 4.6 3c0 1.7-1.9 2.7-4.5 2.7c-2.3 0-4.2-1-5-2.9" />
          <path d="M52 12.2V31" />
          <circle cx="57.6" cy="19.1" r="5.7" />
          <circle cx="72.4" cy="19.1" r="5.7" />
          <path d="M78.1 12.2V26" />
          <path d="M92.4 15A5.7 5.7 0 1 0 92.4 23.2" />
          <path d="M96.7 19H108.2M107 19A5.6 5.7 0 1 0 105.5 23" />
        </g>
      </g>
    </svg>
  );
}
