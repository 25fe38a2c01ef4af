// What a question is about, in one line: the course and the task, the lesson, or the room itself.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskRow } from './contract';
import { isKind } from './rules';

export function useAbout() {
  const { t } = useTranslation('desk');
  return (row: Pick<DeskRow, 'course' | 'task' | 'lesson' | 'kind'>): ReactNode => {
    const parts = [row.course?.title, row.task?.title ?? row.lesson?.title].filter(
      (part): part is string => part !== undefined,
    );
    if (parts.length === 0) return isKind(row.kind) ? t(`kind.${row.kind}`) : row.kind;
    return parts.map((part, index) => (
      <span key={part}>
        {index > 0 && ' · '}
        <bdi>{part}</bdi>
      </span>
    ));
  };
}
