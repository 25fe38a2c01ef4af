// `/help/chat`: the person's own room with the support. It is made by the first message.
import { Button, Skeleton, Textarea } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RoomBox, RoomFrame } from '~/features/forum/RoomFrame';
import { useSession } from '~/features/identity/session';
import { RoomChat } from '~/features/messaging/RoomChat';
import { Note } from '~/ui/Note';
import { Failed, SignInFirst } from '~/ui/State';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useIntent } from '~/ui/useIntent';
import { useKept } from '~/ui/useKept';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { Expected } from './Expected';
import css from './Help.module.css';
import { askSupport, supportQuery } from './queries';

export function SupportPage() {
  const { t } = useTranslation(['support', 'common']);
  const { state, me } = useSession();
  const support = useQuery({ ...supportQuery, enabled: state === 'user' });
  // What was solved is open again with the next question.
  const [wrote, setWrote] = useState(false);
  useTitle(t('chat.title'));
  if (state === 'guest') return <SignInFirst page />;
  const room = support.data?.room_id;
  return (
    <RoomFrame
      back={(inside) => (
        <Link to="/help" className="link">
          {inside(t('title'))}
        </Link>
      )}
      title={t('chat.title')}
      text={<Expected />}
    >
      {support.isError && !support.data ? (
        <Failed error={support.error} retry={() => void support.refetch()} />
      ) : (
        <Waiting
          pending={support.isPending}
          skeleton={<Skeleton height={320} radius="md" />}
          label={t('chat.loading')}
        >
          {room ? (
            <RoomBox>
              <RoomChat
                roomId={room}
                roomKind="support"
                compact
                placeholder={t('chat.placeholder')}
                onSent={() => setWrote(true)}
                {...(!wrote && support.data?.state === 'resolved'
                  ? { note: <Note tone="ok">{t('chat.resolved')}</Note> }
                  : {})}
              />
            </RoomBox>
          ) : (
            <First key={me?.id} />
          )}
        </Waiting>
      )}
    </RoomFrame>
  );
}

/** Nothing was asked yet: what it is about, in one's own words. */
function First() {
  const { t } = useTranslation(['support', 'common']);
  const errorText = useErrorText();
  const [text, setText, forget] = useKept(`ilm.ask.${useSession().me?.id}.support`);
  const [left, setLeft] = useState(false);
  // One id an intent: a second press sends no second message.
  const intent = useIntent();
  const ask = useMutation({
    mutationFn: () => askSupport(text.trim(), intent(text.trim())),
    onSuccess: forget,
  });
  return (
    <form
      className={css.first}
      onSubmit={(event) => {
        event.preventDefault();
        setLeft(true);
        if (text.trim() && !ask.isPending) ask.mutate();
      }}
    >
      <Textarea
        label={t('chat.first')}
        description={t('chat.firstHelp')}
        placeholder={t('chat.placeholder')}
        value={text}
        maxLength={4000}
        autosize
        minRows={4}
        maxRows={12}
        {...asTyped(text)}
        error={left && text.trim() === '' ? t('chat.missing') : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {ask.isError && <Note tone="bad">{errorText(ask.error)}</Note>}
      <div>
        <Button
          type="submit"
          loading={ask.isPending}
          leftSection={<IconSend size={18} stroke={1.75} className="flip" aria-hidden />}
        >
          {t('chat.send')}
        </Button>
      </div>
    </form>
  );
}
