// The chat beside a lesson: finds its room, for those who have the lesson.
import { useTranslation } from 'react-i18next';
import css from './Chat.module.css';
import type { Ask } from './Composer';
import { type ChatLesson, RoomChat } from './RoomChat';
import { NoRoom, Opening } from './RoomStates';
import { useRoomId } from './useRoom';

/** `ask`: what the next message is asked to begin with. */
export function LessonChat({ ask, ...lesson }: ChatLesson & { ask?: Ask | undefined }) {
  const { t } = useTranslation('chat');
  const room = useRoomId(lesson.lessonId);
  if (room.data) {
    return (
      <div className={css.lesson}>
        <RoomChat roomId={room.data.room_id} roomKind="lesson" lesson={lesson} ask={ask} />
      </div>
    );
  }
  return (
    <section className={css.lesson} aria-label={t('kind.lesson')}>
      {!room.isError ? (
        <Opening />
      ) : (
        <NoRoom error={room.error} retry={() => void room.refetch()} why="course" />
      )}
    </section>
  );
}
