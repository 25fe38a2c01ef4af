// What a question is about, in one line: the course and the task, the lesson, or the room itself. Each part is cut at
// its own end, so that a long course leaves room for the task.
import { useTranslation } from 'react-i18next';
import type { DeskRow } from './contract';
import css from './Desk.module.css';
import { isKind } from './rules';

export function About({ of }: { of: Pick<DeskRow, 'course' | 'task' | 'lesson' | 'kind'> }) {
  const { t } = useTranslation('desk');
  const thing = of.task?.title ?? of.lesson?.title;
  if (!of.course && !thing) return <span>{isKind(of.kind) ? t(`kind.${of.kind}`) : of.kind}</span>;
  return (
    <span className={css.about}>
      {of.course && (
        <span className={`clip ${css.course}`} dir="auto">
          {of.course.title}
        </span>
      )}
      {of.course && thing && <span aria-hidden>·</span>}
      {thing && (
        <span className={`clip ${css.thing}`} dir="auto">
          {thing}
        </span>
      )}
    </span>
  );
}
