// How a room is called, in lists and in its own header.
import {
  IconBooks,
  IconHelpCircle,
  IconLifebuoy,
  IconMessageCircle,
  IconMessages,
  IconPuzzle,
  IconShieldCheck,
  IconSpeakerphone,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Fragment, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { Initials } from '~/ui/Initials';
import type { RoomKind } from './kinds';
import css from './MessagesPage.module.css';
import type { RoomRow } from './queries';

const icons: Record<RoomKind, typeof IconMessages> = {
  lesson: IconBooks,
  task: IconPuzzle,
  question: IconHelpCircle,
  forum: IconMessages,
  pair: IconMessageCircle,
  support: IconLifebuoy,
  general: IconMessages,
  staff: IconShieldCheck,
  news: IconSpeakerphone,
  school_news: IconSpeakerphone,
};

/** The name of a room: its title, or what its kind is called. */
export function useRoomName(): (row: Pick<RoomRow, 'kind' | 'title'>) => string {
  const { t } = useTranslation('chat');
  return useCallback(({ kind, title }) => title || t(`kind.${kind}`), [t]);
}

/** What a room is about, under its name. What is long is cut at its own end, whichever way it runs. */
export function RoomPlace({ row }: { row: RoomRow }) {
  const { t } = useTranslation('chat');
  const { kind, title, course, owner, role } = row;
  const parts = [
    title ? t(`kind.${kind}`) : undefined,
    // Who keeps order sees whose room it is.
    role === 'student' ? undefined : owner?.name,
    course?.title,
  ].filter((part) => part !== undefined && part !== '');
  if (parts.length === 0) return null;
  return (
    <span className={css.place}>
      {parts.map((part, index) => (
        <Fragment key={part}>
          {index > 0 && <span>·</span>}
          <span className={index === parts.length - 1 ? 'clip' : undefined} dir="auto">
            {part}
          </span>
        </Fragment>
      ))}
    </span>
  );
}

export function RoomFace({ row }: { row: Pick<RoomRow, 'kind' | 'title' | 'owner' | 'role' | 'id'> }) {
  const Icon = icons[row.kind] ?? IconMessages;
  const person = row.role !== 'student' && row.owner ? row.owner : undefined;
  if (person) return <Initials name={person.name} id={person.id} size={32} />;
  if (row.kind === 'pair' && row.title) return <Initials name={row.title} id={row.id} size={32} />;
  return (
    <span className={css.face} aria-hidden>
      <Icon size={18} stroke={1.75} />
    </span>
  );
}

/** In the header of the room, with the way to what it is about. */
export function RoomTitle({ row }: { row: RoomRow }) {
  const name = useRoomName();
  const { course, lesson_id: lesson, task_id: task } = row;
  const words = (
    <>
      <span className="clip" dir="auto">
        {name(row)}
      </span>
      <RoomPlace row={row} />
    </>
  );
  return (
    <span className={css.titled} data-face>
      <RoomFace row={row} />
      {course && task ? (
        <Link to="/learn/$courseId/tasks/$taskId" params={{ courseId: course.id, taskId: task }}>
          {words}
        </Link>
      ) : course && lesson ? (
        <Link to="/learn/$courseId/$lessonId" params={{ courseId: course.id, lessonId: lesson }}>
          {words}
        </Link>
      ) : (
        <span>{words}</span>
      )}
    </span>
  );
}
