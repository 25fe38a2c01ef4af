// What stands above a question: that it has its answer, or, for who asked it, how to say so.
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRoom } from '~/features/messaging/useRoom';
import { Note } from '~/ui/Note';

export function useThreadNote(user: string, room: string): ReactNode {
  const { t } = useTranslation('forum');
  // The same client that the chat below uses.
  const client = useRoom(user, room);
  const [now, setNow] = useState<'accepted' | 'open' | undefined>(undefined);
  useEffect(() => {
    if (!client) return;
    const look = () => {
      const { phase, room: state } = client.view();
      const { kind, accepted, owner, messages } = state;
      if (phase !== 'ready' || kind !== 'question') return setNow(undefined);
      if (accepted) return setNow('accepted');
      const answered = messages.some((message) => message.author !== user);
      setNow(owner === user && answered ? 'open' : undefined);
    };
    look();
    return client.listen(look);
  }, [client, user]);
  return now && <Note tone={now === 'accepted' ? 'ok' : 'info'}>{t(now)}</Note>;
}
