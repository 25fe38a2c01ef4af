// Questions of a lesson: wording, answers, which one is right. Saved as a whole.
import { Button, Radio, Textarea, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash, IconX } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { isApiError } from '~/api/error';
import { queryClient } from '~/app/queries';
import { Note } from '~/ui/Note';
import { Failed } from '~/ui/State';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText, useFieldText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { keepRows, unsavedRowsOf, useUnsavedRows } from './drafts';
import { questionsQuery, refreshCourse, type StudioCourse, type StudioLesson } from './queries';
import { afterSave, type Question, type Row, rowsOf, toSend } from './questions';

/** Which key a question was made under in this page, by its id. */
const keys = new Map<string, string>();

export function Questions({ course, lesson }: { course: StudioCourse; lesson: StudioLesson }) {
  const { t } = useTranslation('studio');
  const format = useFormat();
  // What was typed before going to another lesson is in sight again.
  const [open, setOpen] = useState(() => unsavedRowsOf(lesson.id) !== undefined);
  const [mounted, setMounted] = useState(open);
  const id = useId();
  return (
    <section className={css.questions}>
      <h3>
        <button
          type="button"
          className={css.foldButton}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => {
            setOpen(!open);
            setMounted(true);
          }}
        >
          {t('questions')}
          <span className={css.chip}>{format.number(lesson.questions)}</span>
        </button>
      </h3>
      <div id={id} hidden={!open}>
        {mounted && <Load course={course} lesson={lesson} />}
      </div>
    </section>
  );
}

function Load({ course, lesson }: { course: StudioCourse; lesson: StudioLesson }) {
  const { t } = useTranslation();
  const questions = useQuery(questionsQuery(lesson.id));
  if (questions.data) return <Editor course={course} lesson={lesson} stored={questions.data.questions} />;
  if (questions.isError) return <Failed error={questions.error} retry={() => void questions.refetch()} />;
  return <p className="small mut">{t('loading')}</p>;
}

function Editor({
  course,
  lesson,
  stored,
}: {
  course: StudioCourse;
  lesson: StudioLesson;
  stored: readonly Question[];
}) {
  const { t } = useTranslation(['studio', 'common']);
  const errorText = useErrorText();
  const fieldText = useFieldText();
  const typed = useUnsavedRows(lesson.id);
  const saved = useMemo(() => rowsOf(stored, keys), [stored]);
  const rows = typed ?? saved;
  const edit = (next: Row[]) => keepRows(lesson.id, next);
  const change = (key: string, part: Partial<Question>) =>
    edit(rows.map((item) => (item.key === key ? { ...item, ...part } : item)));
  const move = (index: number, by: 1 | -1) => {
    const next = [...rows];
    const [taken] = next.splice(index, 1);
    if (taken) next.splice(index + by, 0, taken);
    edit(next);
  };
  const save = useMutation({
    mutationFn: (sent: readonly Row[]) =>
      body(
        api.PUT('/studio/lessons/{id}/questions', {
          params: { path: { id: lesson.id } },
          body: { questions: toSend(sent) },
        }),
      ),
    onSuccess: (fresh, sent) => {
      for (const [index, { key }] of sent.entries()) {
        const id = fresh.questions[index]?.id;
        if (id) keys.set(id, key);
      }
      const query = { queryKey: questionsQuery(lesson.id).queryKey, exact: true };
      void queryClient.cancelQueries(query);
      queryClient.setQueryData(query.queryKey, fresh);
      keepRows(lesson.id, afterSave(unsavedRowsOf(lesson.id), sent, fresh.questions));
      void refreshCourse(course.id);
      toast({ text: t('common:saved') });
    },
  });
  const fault = (place: string) => {
    const problem = isApiError(save.error) ? save.error.field(place) : undefined;
    return problem && fieldText(problem);
  };
  return (
    <div className={css.stack}>
      {rows.map((question, index) => (
        <fieldset key={question.key} className={css.question}>
          <legend className="hidden">{t('questionNumber', { number: index + 1 })}</legend>
          <div className={css.questionHead}>
            <b aria-hidden>{t('questionNumber', { number: index + 1 })}</b>
            <span className="grow" />
            <IconButton
              label={t('up')}
              disabled={index === 0}
              act={() => move(index, -1)}
              icon={IconArrowUp}
            />
            <IconButton
              label={t('down')}
              disabled={index === rows.length - 1}
              act={() => move(index, 1)}
              icon={IconArrowDown}
            />
            <IconButton
              label={t('delete')}
              act={() => edit(rows.filter(({ key }) => key !== question.key))}
              icon={IconTrash}
            />
          </div>
          <Textarea
            aria-label={t('wording')}
            placeholder={t('wording')}
            value={question.wording}
            autosize
            minRows={1}
            maxLength={2000}
            {...asTyped(question.wording)}
            error={fault(`questions[${index}].wording`)}
            onChange={(event) => change(question.key, { wording: event.currentTarget.value })}
          />
          <Radio.Group
            value={String(question.right)}
            onChange={(value) => change(question.key, { right: Number(value) })}
            aria-label={t('rightAnswer')}
            error={fault(`questions[${index}].options`) ?? fault(`questions[${index}].right`)}
          >
            {question.options.map((option, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: an answer has nothing but its place.
              <div key={place} className={css.option}>
                <Radio value={String(place)} aria-label={t('isRight', { number: place + 1 })} />
                <TextInput
                  className="grow"
                  aria-label={t('answer', { number: place + 1 })}
                  placeholder={t('answer', { number: place + 1 })}
                  value={option}
                  maxLength={500}
                  {...asTyped(option)}
                  error={fault(`questions[${index}].options[${place}]`)}
                  onChange={(event) =>
                    change(question.key, {
                      options: question.options.map((old, at) =>
                        at === place ? event.currentTarget.value : old,
                      ),
                    })
                  }
                />
                <IconButton
                  label={t('removeAnswer', { number: place + 1 })}
                  disabled={question.options.length <= 2}
                  icon={IconX}
                  act={() =>
                    change(question.key, {
                      options: question.options.filter((_option, at) => at !== place),
                      right:
                        question.right > place
                          ? question.right - 1
                          : Math.min(question.right, question.options.length - 2),
                    })
                  }
                />
              </div>
            ))}
          </Radio.Group>
          {question.options.length < 10 && (
            <div>
              <Button
                size="xs"
                variant="subtle"
                leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
                onClick={() => change(question.key, { options: [...question.options, ''] })}
              >
                {t('addAnswer')}
              </Button>
            </div>
          )}
        </fieldset>
      ))}
      {save.isError && !(isApiError(save.error) && save.error.fields.length > 0) && (
        <Note tone="bad">{errorText(save.error)}</Note>
      )}
      <div className={css.questionActions}>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
          onClick={() =>
            edit([...rows, { key: crypto.randomUUID(), wording: '', options: ['', ''], right: 0 }])
          }
        >
          {t('addQuestion')}
        </Button>
        {typed && (
          <Button size="xs" loading={save.isPending} onClick={() => save.mutate(rows)}>
            {t('saveQuestions')}
          </Button>
        )}
      </div>
    </div>
  );
}

function IconButton({
  label,
  act,
  icon: Icon,
  disabled = false,
}: {
  label: string;
  act: () => void;
  icon: typeof IconX;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      className={css.icon}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={act}
    >
      <Icon size={18} stroke={1.75} />
    </button>
  );
}
