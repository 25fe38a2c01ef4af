// A page for some only: a guest is sent to sign in, the others are told. The server refuses it too; this says so at once.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failed, Forbidden, SignInFirst } from '~/ui/State';
import { type Me, meQuery, useSession } from './session';

type Props = { may: (roles: readonly string[]) => boolean; children: (me: Me) => ReactNode };

export function OnlyFor({ may, children }: Props) {
  const { state } = useSession();
  const me = useQuery({ ...meQuery, enabled: state === 'user' });
  if (state === 'guest') return <SignInFirst page />;
  if (me.isError && !me.data) return <Failed page error={me.error} retry={() => void me.refetch()} />;
  if (!me.data) return <div className="page" style={{ minHeight: '60dvh' }} aria-busy="true" />;
  if (!may(me.data.roles)) return <Forbidden page />;
  return children(me.data);
}
