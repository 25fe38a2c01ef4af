// A title stands in the language of its course, whatever the language of the page: "SQL ו־PostgreSQL" begins with Latin
// letters and is Hebrew all the same.
import { direction, type Locale } from '~/i18n/format';

export function CourseTitle({ course }: { course: { title: string; language: Locale } }) {
  return (
    <bdi lang={course.language} dir={direction(course.language)}>
      {course.title}
    </bdi>
  );
}
