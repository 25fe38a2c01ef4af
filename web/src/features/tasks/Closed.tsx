// A topic before its time, and a task of a course that is not one's own.
import { IconHourglass, IconLock } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { LinkButton } from '~/ui/LinkButton';
import { State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';

/** The time at which a refused topic opens; empty where the server has not told, nothing where that is not the reason. */
export function closedUntil(error: unknown): string | undefined {
  if (!isApiError(error) || error.code !== 'topic_closed') return undefined;
  const { opens_at } = error.more;
  return typeof opens_at === 'string' ? opens_at : '';
}

/** Timers hold no more milliseconds than this. */
const LONGEST = 2 ** 31 - 1;

/** Runs `again` when the time has come. */
export function useOpening(opensAt: string | null | undefined, again: () => void): void {
  useEffect(() => {
    const left = opensAt ? Date.parse(opensAt) - Date.now() : Number.NaN;
    if (!(left > 0) || left > LONGEST) return;
    const timer = setTimeout(again, left + 500);
    return () => clearTimeout(timer);
  });
}

export function ClosedTopic({
  opensAt,
  courseId,
  again,
}: {
  opensAt: string;
  courseId: string;
  again: () => void;
}) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  useOpening(opensAt, again);
  return (
    <State
      page
      icon={<IconHourglass size={28} stroke={1.5} />}
      title={t('closed.title')}
      action={
        <LinkButton variant="default" to="/learn/$courseId" params={{ courseId }}>
          {t('closed.toCourse')}
        </LinkButton>
      }
    >
      {opensAt ? t('closed.at', { at: format.dateTime(opensAt), zone: format.zone }) : t('closed.later')}
    </State>
  );
}

export function NotYours({ courseId }: { courseId: string }) {
  const { t } = useTranslation('tasks');
  return (
    <State
      page
      icon={<IconLock size={28} stroke={1.5} />}
      title={t('closed.notYours')}
      action={
        <LinkButton to="/courses/$courseId" params={{ courseId }}>
          {t('closed.seeCourse')}
        </LinkButton>
      }
    >
      {t('closed.notYoursText')}
    </State>
  );
}
