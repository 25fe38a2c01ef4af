// The programme of a course: the tree at the start side, uploads and the open lesson or module beside it.
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import css from './Builder.module.css';
import { LessonEditor } from './LessonEditor';
import { ModuleEditor } from './ModuleEditor';
import type { StudioCourse } from './queries';
import { Tree } from './Tree';
import { UploadPanel } from './UploadPanel';

const route = getRouteApi('/studio/courses/$courseId');

export function ProgrammeTab({ course }: { course: StudioCourse }) {
  const { t } = useTranslation('studio');
  const { lesson: lessonId, module: moduleId } = route.useSearch();
  const lesson = course.modules.flatMap((module) => module.lessons).find((item) => item.id === lessonId);
  const module =
    course.modules.find((item) => item.id === (lesson?.module_id ?? moduleId)) ?? course.modules.at(-1);
  const chosenModule = lesson ? undefined : course.modules.find((item) => item.id === moduleId);
  return (
    <div className={css.work}>
      <Tree course={course} lesson={lesson?.id} module={chosenModule?.id} />
      <div className={css.beside}>
        {lesson ? (
          <LessonEditor key={lesson.id} course={course} lesson={lesson} />
        ) : chosenModule ? (
          <ModuleEditor key={chosenModule.id} course={course} module={chosenModule} />
        ) : null}
        <UploadPanel course={course} module={module} open={lesson?.id} />
        {!lesson && !chosenModule && course.modules.length > 0 && (
          <p className="mut small">{t('chooseLesson')}</p>
        )}
      </div>
    </div>
  );
}
