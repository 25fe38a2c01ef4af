// What a question is about, in one line: the course and the task, the lesson, or the room itself. Each part is cut at
// its own end, so that a long course leaves room for the task.
import { useTranslation } from 'react-i18next';
import type { DeskRow } from './contract';
import css from './Desk.module.css';
import { isKind } from './rules';

type Props = {
  of: Pick<DeskRow, 'course' | 'task' | 'lesson' | 'kind'>;
  /** Without the course where there is something of it. */
  brief?: boolean;
};

export function About({ of, brief = false }: Props) {
  const { t } = useTranslation('desk');
  const thing = of.task?.title ?? of.lesson?.title;
  if (!of.course && !thing) return <span>{isKind(of.kind) ? t(`kind.${of.kind}`) : of.kind}</span>;
  const course = brief && thing ? null : of.course;
  return (
    <span className={css.about}>
      {course && (
        <span className={`clip ${css.course}`} dir="auto">
          {course.title}
        </span>
      )}
      {course && thing && <span aria-hidden>·</span>}
      {thing && (
        <span className={`clip ${css.thing}`} dir="auto">
          {thing}
        </span>
      )}
    </span>
  );
}
