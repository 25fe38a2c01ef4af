// What a course still lacks before it can be published, each with the way to its place.
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import type { StudioCourse } from './queries';

/** The fields of the description tab that a code points to. */
const fields: Record<string, string> = {
  title: 'title',
  description: 'description',
  category: 'category',
  level: 'level',
};

export function Missing({ course }: { course: StudioCourse }) {
  const { t, i18n } = useTranslation('studio');
  const format = useFormat();
  const { missing } = course;
  if (missing.length === 0 || course.state === 'published') return null;
  const lessons = new Map(
    course.modules.flatMap((module) => module.lessons).map((item) => [item.id, item.title]),
  );
  const modules = new Map(course.modules.map((module) => [module.id, module.title]));
  const words = (code: string, target: string | null) => {
    const key = `missing.${code}`;
    const name = target ? (lessons.get(target) ?? modules.get(target) ?? '') : '';
    return i18n.exists(`studio:${key}`) ? t(key as 'missing.title', { name }) : code;
  };
  const search = (code: string, target: string | null) => {
    const field = fields[code];
    if (field) return { tab: 'description', field } as const;
    if (target && lessons.has(target)) {
      return { tab: 'programme', lesson: target, field: code === 'lesson_text' ? 'body' : 'video' } as const;
    }
    if (target) return { tab: 'programme', module: target } as const;
    return { tab: 'programme', field: 'add' } as const;
  };
  return (
    <section className={css.missing} id="missing" tabIndex={-1} aria-label={t('missingTitle')}>
      <b>{t('left', { count: missing.length, value: format.number(missing.length) })}</b>
      <ul>
        {missing.map(({ code, target_id: target }) => (
          <li key={`${code} ${target}`}>
            <Link
              to="/studio/courses/$courseId"
              params={{ courseId: course.id }}
              search={search(code, target)}
              resetScroll={false}
              className="link"
            >
              {words(code, target)}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
