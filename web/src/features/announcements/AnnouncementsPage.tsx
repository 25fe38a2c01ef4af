// `/announcements`: what the school and the authors of one's courses have said (MSG-15).
import { Button, Skeleton } from '@mantine/core';
import { IconPlus, IconSpeakerphone } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { OnlyFor } from '~/features/identity/OnlyFor';
import { announces } from '~/features/identity/roles';
import type { Me } from '~/features/identity/session';
import { Body } from '~/features/messaging/Body';
import { studioCoursesQuery } from '~/features/studio/queries';
import { usePerson } from '~/live/person';
import { More } from '~/ui/More';
import { Note } from '~/ui/Note';
import { Failed, State } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { useErrorText } from '~/ui/useErrorText';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { When } from '~/ui/When';
import { Announce } from './Announce';
import type { Announcement } from './contract';
import css from './News.module.css';
import { announcementsQuery, markRead, refreshAnnouncements } from './queries';
import { marksOf } from './unread';

/** Shown for so long counts as read, in milliseconds. */
const READ = 1_500;

export function AnnouncementsPage() {
  const { t } = useTranslation('news');
  useTitle(t('title'));
  return <OnlyFor may={() => true}>{(me) => <List me={me} />}</OnlyFor>;
}

function List({ me }: { me: Me }) {
  const { t } = useTranslation(['news', 'common']);
  const errorText = useErrorText();
  const list = useInfiniteQuery(announcementsQuery);
  const own = useQuery(studioCoursesQuery);
  const [writing, setWriting] = useState(false);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const mayWrite = announces(me.roles) || (own.data?.items.length ?? 0) > 0;
  usePerson(['news', 'joined'], (frame) => {
    if (frame.t === 'joined' || frame.kind === 'news' || frame.kind === 'school_news')
      void refreshAnnouncements();
  });
  const fresh = useReading(items);
  return (
    <div className={`page ${css.page}`}>
      <div className={css.head}>
        <h1 className="work">{t('title')}</h1>
        {mayWrite && (
          <Button
            leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
            onClick={() => setWriting(true)}
          >
            {t('write')}
          </Button>
        )}
      </div>
      {list.isError && !list.data ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : (
        <Waiting
          pending={list.isPending}
          skeleton={<Skeleton height={240} radius="md" />}
          label={t('loading')}
        >
          {list.isError && <Note tone="warn">{errorText(list.error)}</Note>}
          {items.length === 0 ? (
            <State icon={<IconSpeakerphone size={28} stroke={1.5} />} title={t('none')}>
              {t('noneText')}
            </State>
          ) : (
            <ul className={css.list}>
              {items.map((item) => (
                <One key={item.id} item={item} fresh={fresh.has(item.id)} />
              ))}
            </ul>
          )}
        </Waiting>
      )}
      <More of={list} />
      {writing && <Announce me={me} own={own.data?.items ?? []} close={() => setWriting(false)} />}
    </div>
  );
}

function One({ item, fresh }: { item: Announcement; fresh: boolean }) {
  const { t } = useTranslation('news');
  return (
    <li className={css.item}>
      <article>
        <p className={`meta mut ${css.by}`}>
          {item.course ? (
            <bdi className="medium">{item.course.title}</bdi>
          ) : (
            <span className="medium">{t('school')}</span>
          )}
          <bdi>{item.author_name}</bdi>
          <When at={item.at} />
          {fresh && <Tag tone="info">{t('isNew')}</Tag>}
        </p>
        <div className={css.body} dir="auto">
          <Body text={item.body} />
        </div>
      </article>
    </li>
  );
}

/** Marks what is shown as read after a moment. The sign "new" stays as long as the page does. */
function useReading(items: readonly Announcement[]): ReadonlySet<string> {
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const marked = useRef(new Map<string, number>());
  const unread = items.filter((item) => !item.read && !fresh.has(item.id));
  if (unread.length > 0) setFresh(new Set([...fresh, ...unread.map((item) => item.id)]));
  const marks = [...marksOf(items)].filter(([room, seq]) => seq > (marked.current.get(room) ?? 0));
  const wanted = marks.map(([room, seq]) => `${room} ${seq}`).join(',');
  useEffect(() => {
    if (!wanted) return;
    const timer = setTimeout(() => {
      const now = new Map(
        wanted.split(',').map((mark): [string, number] => {
          const [room = '', seq = '0'] = mark.split(' ');
          return [room, Number(seq)];
        }),
      );
      markRead(now).then(
        () => {
          for (const [room, seq] of now) marked.current.set(room, seq);
        },
        // They stay unread, and the next visit marks them.
        () => undefined,
      );
    }, READ);
    return () => clearTimeout(timer);
  }, [wanted]);
  return fresh;
}
