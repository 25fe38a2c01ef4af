// Passing a question on: to a colleague, or back to the queue for whoever comes first.
import { Button, Select } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '~/ui/Dialog';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import css from './Desk.module.css';
import { colleaguesQuery, pass, release } from './queries';

type Props = {
  room: string;
  me: string;
  /** Somebody waits for an answer: without that there is no queue to go back to. */
  waits: boolean;
  close: () => void;
  done: () => void;
};

export function PassDialog({ room, me, waits, close, done }: Props) {
  const { t } = useTranslation(['desk', 'common']);
  const errorText = useErrorText();
  const people = useQuery(colleaguesQuery(room));
  const [to, setTo] = useState<string | null>(null);
  const others = people.data?.items.filter((person) => person.id !== me) ?? [];
  const give = useMutation({
    mutationFn: () => (to ? pass(room, to) : release(room)),
    onSuccess: () => {
      const name = others.find((person) => person.id === to)?.name;
      toast({ text: name ? t('pass.done', { name }) : t('pass.returned') });
      done();
    },
  });
  return (
    <Dialog close={close} title={t('pass.title')}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          if ((to || waits) && !give.isPending) give.mutate();
        }}
      >
        <Select
          label={t('pass.to')}
          description={waits ? t('pass.help') : undefined}
          placeholder={waits ? t('pass.queue') : undefined}
          data={others.map((person) => ({
            value: person.id,
            label: person.on_duty ? `${person.name} · ${t('pass.here')}` : person.name,
          }))}
          value={to}
          clearable
          searchable
          data-autofocus
          nothingFoundMessage={people.isPending ? t('common:loading') : t('pass.nobody')}
          onChange={setTo}
          error={people.isError ? errorText(people.error) : undefined}
        />
        {give.isError && <Note tone="bad">{errorText(give.error)}</Note>}
        <div className={css.actions}>
          <Button variant="default" onClick={close}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" loading={give.isPending} disabled={!to && !waits}>
            {to || !waits ? t('pass.do') : t('pass.return')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
