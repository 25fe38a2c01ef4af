// The questions on a lesson, in a tab of its page: the list, or one thread in its place.
import { IconArrowLeft } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { type ChatLesson, RoomChat } from '~/features/messaging/RoomChat';
import type { Place, Thread, ThreadFilter } from './contract';
import css from './Forum.module.css';
import { NewThread } from './NewThread';
import { refreshThreads } from './queries';
import { Threads } from './Threads';
import { useThreadNote } from './useThreadNote';

type Props = {
  courseId: string;
  lessonId: string;
  /** Where the video stands, while there is one. */
  second?: (() => number) | undefined;
  goTo?: ((second: number) => void) | undefined;
};

export function LessonQuestions({ courseId, lessonId, second, goTo }: Props) {
  const { t } = useTranslation('forum');
  const { me } = useSession();
  const [filter, setFilter] = useState<ThreadFilter>({});
  const [open, setOpen] = useState<Thread | undefined>(undefined);
  /** The second at which the asking began: the video may go on meanwhile. */
  const [asking, setAsking] = useState<{ at: number | undefined } | undefined>(undefined);
  const place: Place = { kind: 'question', lesson: lessonId, course: courseId };
  if (open && me) {
    return (
      <One
        key={open.room_id}
        thread={open}
        user={me.id}
        lesson={{ lessonId, second, goTo }}
        back={() => {
          setOpen(undefined);
          void refreshThreads(place);
        }}
      />
    );
  }
  return (
    <>
      <h2 className="hidden">{t('questions')}</h2>
      <Threads
        place={place}
        filter={filter}
        narrow={setFilter}
        ask={() => setAsking({ at: second?.() })}
        into={(thread, inside, className) => (
          <button type="button" className={className} onClick={() => setOpen(thread)}>
            {inside}
          </button>
        )}
      />
      {asking && (
        <NewThread
          place={place}
          second={asking.at}
          close={() => setAsking(undefined)}
          done={(thread) => {
            setAsking(undefined);
            setOpen(thread);
          }}
        />
      )}
    </>
  );
}

type OneProps = { thread: Thread; user: string; lesson: ChatLesson; back: () => void };

function One({ thread, user, lesson, back }: OneProps) {
  const { t } = useTranslation('forum');
  const note = useThreadNote(user, thread.room_id);
  return (
    <section className={css.inTab} aria-label={thread.title}>
      <button type="button" className={`link small ${css.back}`} onClick={back}>
        <IconArrowLeft size={16} stroke={1.75} className="flip" aria-hidden />
        {t('back.question')}
      </button>
      <h2 dir="auto">{thread.title}</h2>
      <div className={css.tabBox}>
        <RoomChat
          roomId={thread.room_id}
          roomKind="question"
          compact
          placeholder={t('reply')}
          lesson={lesson}
          note={note}
        />
      </div>
    </section>
  );
}
