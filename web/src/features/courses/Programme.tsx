// Modules that fold, lessons with their lengths, free previews.
import { IconChevronRight, IconFileText, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import { Part } from './CoursePage';
import css from './CoursePage.module.css';
import { LessonPreview } from './Preview';
import type { CoursePage } from './queries';

export function Programme({ course }: { course: CoursePage }) {
  const { t } = useTranslation(['courses', 'common']);
  const format = useFormat();
  const [preview, setPreview] = useState<{ id: string; title: string } | undefined>(undefined);
  const lessonsOf = (count: number) => t('common:count.lessons', { count, value: format.number(count) });
  const total = [
    t('common:count.modules', { count: course.modules_count, value: format.number(course.modules_count) }),
    lessonsOf(course.lessons),
    ...(course.hours_s > 0 ? [format.span(course.hours_s)] : []),
  ];
  return (
    <Part
      title={t('courses:course.programme')}
      aside={<span className="meta mut">{total.join('\u00a0· ')}</span>}
    >
      <div className={css.fold}>
        {course.programme.map((module, index) => (
          <details key={module.id} className={css.module} open={index === 0}>
            <summary>
              <IconChevronRight size={18} stroke={1.75} className={css.chevron} aria-hidden />
              <span>
                {format.number(index + 1)}. <bdi>{module.title}</bdi>
              </span>
              <span className={css.total}>
                {lessonsOf(module.lessons.length)}
                {module.duration_s > 0 && <>&nbsp;· {format.span(module.duration_s)}</>}
              </span>
            </summary>
            <ul className={css.lessons}>
              {module.lessons.map((lesson) => (
                <li key={lesson.id} className={css.lesson}>
                  {lesson.kind === 'video' ? (
                    <IconPlayerPlay size={20} stroke={1.75} aria-hidden />
                  ) : (
                    <IconFileText size={20} stroke={1.75} aria-hidden />
                  )}
                  <span>
                    <bdi>{lesson.title}</bdi>
                    {lesson.free_preview && lesson.kind === 'video' && (
                      <button
                        type="button"
                        className={`link nb ${css.preview}`}
                        onClick={() => setPreview(lesson)}
                      >
                        {t('courses:course.preview')}
                      </button>
                    )}
                  </span>
                  {lesson.duration_s > 0 && (
                    <bdi className={css.length}>
                      {lesson.kind === 'video'
                        ? format.clock(lesson.duration_s)
                        : format.span(lesson.duration_s)}
                    </bdi>
                  )}
                </li>
              ))}
            </ul>
          </details>
        ))}
      </div>
      {preview && <LessonPreview lesson={preview} close={() => setPreview(undefined)} />}
    </Part>
  );
}
