// Skeletons appear after 200 ms and then stay for at least 400 ms, so that nothing flashes.
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

const APPEAR = 200;
const STAY = 400;

/** Whether the skeleton is to be shown now, for a load that is pending or not. */
export function useSkeleton(pending: boolean): boolean {
  const [since, setSince] = useState<number | undefined>(undefined);
  useEffect(() => {
    if (pending && since === undefined) {
      const timer = setTimeout(() => setSince(Date.now()), APPEAR);
      return () => clearTimeout(timer);
    }
    if (!pending && since !== undefined) {
      const timer = setTimeout(() => setSince(undefined), Math.max(0, since + STAY - Date.now()));
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [pending, since]);
  return since !== undefined;
}

/** Shows `skeleton` while pending (late, and long enough), else the children. Tells readers that it loads. */
export function Waiting({
  pending,
  skeleton,
  label,
  children,
}: {
  pending: boolean;
  skeleton: ReactNode;
  /** What loads, read aloud: "Loading courses". */
  label?: string;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const shown = useSkeleton(pending);
  if (pending || shown) {
    return (
      <div aria-busy="true">
        <span className="hidden" role="status">
          {label ?? t('loading')}
        </span>
        {shown ? skeleton : <Reserve>{skeleton}</Reserve>}
      </div>
    );
  }
  return children;
}

/** Keeps the room of the skeleton before it is visible, so that the footer does not jump. */
const Reserve = ({ children }: { children: ReactNode }) => (
  <div aria-hidden style={{ visibility: 'hidden' }}>
    {children}
  </div>
);
