// Writing an announcement: to whom, what. It goes to everybody at once, so the button says to whom.
import { Button, Select, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { rowQuery } from '~/features/courses/queries';
import { announces } from '~/features/identity/roles';
import type { Me } from '~/features/identity/session';
import { Dialog } from '~/ui/Dialog';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useIntent } from '~/ui/useIntent';
import { useKept } from '~/ui/useKept';
import { LONGEST } from './contract';
import css from './News.module.css';
import { announce } from './queries';

type Course = { id: string; title: string };
type Props = { me: Me; own: readonly Course[]; close: () => void };

const SCHOOL = 'school';
/** From here on the room that is left is told. */
const WARN = 200;

export function Announce({ me, own, close }: Props) {
  const { t } = useTranslation(['news', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const staff = announces(me.roles);
  const [q, setQ] = useState('');
  const found = useQuery({ ...rowQuery(q.trim() ? { q: q.trim() } : { sort: 'newest' }), enabled: staff });
  const [chosen, setChosen] = useState<Course | undefined>(staff ? undefined : own[0]);
  const [text, setText, forget] = useKept(`ilm.announce.${me.id}`);
  const [left, setLeft] = useState(false);
  // One id an intent: a repeated request says nothing twice.
  const intent = useIntent();
  const send = useMutation({
    mutationFn: () => {
      const [course_id, body] = [chosen?.id ?? null, text.trim()];
      return announce({ course_id, body, client_id: intent(JSON.stringify([course_id, body])) });
    },
    onSuccess: () => {
      forget();
      toast({ text: t('sent') });
      close();
    },
  });
  const courses = new Map<string, string>();
  for (const { id, title } of [
    ...own,
    ...(staff ? (found.data?.items ?? []) : []),
    ...(chosen ? [chosen] : []),
  ])
    courses.set(id, title);
  const data = [
    ...(staff ? [{ value: SCHOOL, label: t('school') }] : []),
    ...[...courses].map(([value, label]) => ({ value, label })),
  ];
  const room = LONGEST - [...text].length;
  return (
    <Dialog title={t('write')} size="lg" close={close}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          setLeft(true);
          if (text.trim() && room >= 0 && !send.isPending) send.mutate();
        }}
      >
        <Select
          label={t('to')}
          data={data}
          value={chosen?.id ?? SCHOOL}
          allowDeselect={false}
          searchable={staff}
          {...(staff ? { onSearchChange: setQ } : {})}
          // The server has looked already.
          {...(staff ? { filter: ({ options }) => options } : {})}
          onChange={(value) => {
            const title = value ? courses.get(value) : undefined;
            setChosen(value && title !== undefined ? { id: value, title } : undefined);
          }}
        />
        <Textarea
          label={t('text')}
          description={t('textHelp')}
          value={text}
          autosize
          minRows={6}
          maxRows={16}
          data-autofocus
          {...asTyped(text)}
          error={
            room < 0
              ? t('tooLong', { value: format.number(-room) })
              : left && !text.trim()
                ? t('missing')
                : undefined
          }
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {room >= 0 && room < WARN && (
          <p className="meta mut" role="status">
            {t('left', { count: room, value: format.number(room) })}
          </p>
        )}
        <p className="small mut">{chosen ? t('whoCourse', { course: chosen.title }) : t('whoSchool')}</p>
        {send.isError && <Note tone="bad">{errorText(send.error)}</Note>}
        <div className={css.actions}>
          <Button variant="default" onClick={close}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" loading={send.isPending}>
            {t('send')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
