// A module: its name and the homework for the whole of it.
import { Button, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { isApiError } from '~/api/error';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import css from './Builder.module.css';
import { editCourse, type StudioCourse, type StudioModule } from './queries';

export function ModuleEditor({ course, module }: { course: StudioCourse; module: StudioModule }) {
  const { t } = useTranslation(['studio', 'common']);
  const errorText = useErrorText();
  const [title, setTitle] = useState(module.title);
  const [homework, setHomework] = useState(module.homework ?? '');
  const changed = title !== module.title || homework !== (module.homework ?? '');
  const save = useMutation({
    mutationFn: () =>
      body(
        api.PATCH('/studio/modules/{id}', {
          params: { path: { id: module.id } },
          body: { title: title.trim(), homework: homework.trim() || null },
        }),
      ),
    onSuccess: (fresh) => {
      editCourse(course.id, (old) => ({
        ...old,
        modules: old.modules.map((item) =>
          item.id === module.id ? { ...item, title: fresh.title, homework: fresh.homework } : item,
        ),
      }));
      setTitle(fresh.title);
      setHomework(fresh.homework ?? '');
      toast({ text: t('common:saved') });
    },
  });
  // What was typed goes along when the author opens something else: the last word is sent, not lost.
  const leave = useRef<(() => void) | undefined>(undefined);
  leave.current = changed && title.trim() ? () => save.mutate() : undefined;
  useEffect(() => () => leave.current?.(), []);
  const fieldError = (name: string) => (isApiError(save.error) ? save.error.field(name)?.message : undefined);
  return (
    <form
      className={css.editor}
      onSubmit={(event) => {
        event.preventDefault();
        if (title.trim()) save.mutate();
      }}
    >
      <h2>{t('moduleHead')}</h2>
      <TextInput
        label={t('moduleTitle')}
        value={title}
        maxLength={200}
        dir="auto"
        error={fieldError('title') ?? (title.trim() ? undefined : t('titleMissing'))}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <Textarea
        label={t('moduleHomework')}
        description={t('homeworkHelp')}
        value={homework}
        autosize
        minRows={3}
        maxLength={10_000}
        dir="auto"
        error={fieldError('homework')}
        onChange={(event) => setHomework(event.currentTarget.value)}
      />
      {save.isError && !fieldError('title') && !fieldError('homework') && (
        <Note tone="bad">{errorText(save.error)}</Note>
      )}
      <div>
        <Button type="submit" variant={changed ? 'filled' : 'default'} loading={save.isPending}>
          {t('common:save')}
        </Button>
      </div>
    </form>
  );
}
