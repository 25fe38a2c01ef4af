// Where this account is signed in, and how to end it there.
import { Button, Modal } from '@mantine/core';
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { queryClient } from '~/app/queries';
import { Note } from '~/ui/Note';
import { Failed } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './ProfilePage.module.css';

export const sessionsKey = ['me', 'sessions'];

export function SessionsPart() {
  const { t } = useTranslation(['identity', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const sessions = useQuery({ queryKey: sessionsKey, queryFn: () => body(api.GET('/me/sessions')) });
  const [asking, setAsking] = useState(false);
  const refresh = () => queryClient.invalidateQueries({ queryKey: sessionsKey });
  const end = useMutation({
    mutationFn: (id: string) => api.DELETE('/me/sessions/{id}', { params: { path: { id } } }),
    onSuccess: () => toast({ text: t('profile.ended') }),
    onSettled: refresh,
  });
  const endOthers = useMutation({
    mutationFn: () => api.POST('/me/sessions/end-others'),
    onSuccess: () => {
      setAsking(false);
      toast({ text: t('profile.endedOthers') });
    },
    onSettled: refresh,
  });
  const items = sessions.data?.items ?? [];
  return (
    <section className={css.part}>
      <div>
        <h2>{t('profile.sessions')}</h2>
        <p className={css.lead}>{t('profile.sessionsText')}</p>
      </div>
      <div>
        {sessions.isError && <Failed error={sessions.error} retry={() => void sessions.refetch()} />}
        <ul className={css.sessions}>
          {items.map((item) => (
            <li key={item.id}>
              {/android|iphone|mobile/i.test(item.device) ? (
                <IconDeviceMobile size={24} stroke={1.5} aria-hidden />
              ) : (
                <IconDeviceDesktop size={24} stroke={1.5} aria-hidden />
              )}
              <div className="grow">
                <p className="row wrap">
                  <bdi className="medium">{item.device}</bdi>
                  {item.current && <Tag tone="ok">{t('profile.current')}</Tag>}
                </p>
                <p className="meta mut">
                  <bdi>{item.network}</bdi>&nbsp;·{' '}
                  {t('profile.lastSeen', { when: format.near(item.last_seen_at) })}
                </p>
              </div>
              {!item.current && (
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`${t('profile.end')}: ${item.device}`}
                  aria-busy={end.isPending && end.variables === item.id}
                  onClick={() => end.mutate(item.id)}
                >
                  {t('profile.end')}
                </Button>
              )}
            </li>
          ))}
        </ul>
        {end.isError && <Note tone="bad">{errorText(end.error)}</Note>}
        {items.some((item) => !item.current) && (
          <Button variant="default" className={css.all ?? ''} onClick={() => setAsking(true)}>
            {t('profile.endAll')}
          </Button>
        )}
        <Modal
          opened={asking}
          onClose={() => setAsking(false)}
          radius="xl"
          title={t('profile.endAllTitle')}
          closeButtonProps={{ 'aria-label': t('common:close') }}
        >
          <p>{t('profile.endAllText')}</p>
          {endOthers.isError && <Note tone="bad">{errorText(endOthers.error)}</Note>}
          <div className="row" style={{ marginBlockStart: 20, justifyContent: 'flex-end' }}>
            <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
              {t('profile.endAllKeep')}
            </Button>
            <Button aria-busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
              {t('profile.endAll')}
            </Button>
          </div>
        </Modal>
      </div>
    </section>
  );
}
