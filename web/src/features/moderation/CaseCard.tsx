// One case: the message with what was around it, who complained about what, and what was or can be decided.
import { Button, Skeleton } from '@mantine/core';
import { IconFlag, IconHourglass } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keepsWords } from '~/features/identity/roles';
import { useSession } from '~/features/identity/session';
import { Body } from '~/features/messaging/Body';
import { isRoomKind } from '~/features/messaging/kinds';
import { reportKinds } from '~/features/messaging/queries';
import { Initials } from '~/ui/Initials';
import { Note } from '~/ui/Note';
import { Failed } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { When } from '~/ui/When';
import type { Case, CaseDeed, Scope } from './contract';
import { ReasonField, ScopeField, SpanField, usual } from './Deciding';
import css from './Moderation.module.css';
import { aroundQuery, decide } from './queries';
import { deedsOf, hasScope, hasSpan, needsReason, ofCourse, type Span, scopesOf } from './rules';

export function CaseCard({ one }: { one: Case }) {
  const { t } = useTranslation('moderation');
  const format = useFormat();
  const [around, setAround] = useState(false);
  const { message } = one;
  const changed = message.body !== message.snapshot && message.state !== 'deleted';
  return (
    <li className={css.case}>
      <article aria-label={t('case.of', { name: message.author_name })}>
        <header className={css.caseHead}>
          <Initials name={message.author_name} id={message.author} />
          <div className="grow">
            <h2 className={css.author}>
              <bdi>{message.author_name}</bdi>
            </h2>
            <p className={`meta mut ${css.facts}`}>
              <RoomName room={one.room} seq={message.seq} />
              <When at={message.created_at} />
            </p>
          </div>
          <Tag
            tone={one.kind === 'held' ? 'warn' : 'bad'}
            icon={one.kind === 'held' ? IconHourglass : IconFlag}
          >
            {one.kind === 'held'
              ? t('kind.held')
              : t('reports', { count: one.n, value: format.number(one.n) })}
          </Tag>
        </header>
        <blockquote className={css.said} dir="auto">
          {message.snapshot}
        </blockquote>
        {changed && (
          <>
            <p className="meta mut">{t('case.now')}</p>
            <blockquote className={css.said} dir="auto">
              {message.body}
            </blockquote>
          </>
        )}
        {message.state === 'deleted' && <p className="meta mut">{t('case.deleted')}</p>}
        {one.reports.length > 0 && (
          <ul className={css.reports}>
            {one.reports.map((report) => (
              <li key={`${report.at} ${report.kind} ${report.text}`} className="small">
                <b>
                  {reportKinds.some((kind) => kind === report.kind)
                    ? t(`report.${report.kind as 'spam'}`)
                    : report.kind}
                </b>
                {report.text && (
                  <>
                    {': '}
                    <span dir="auto">{report.text}</span>
                  </>
                )}{' '}
                <span className="mut">
                  <When at={report.at} />
                </span>
              </li>
            ))}
          </ul>
        )}
        <button
          type="button"
          className="link small"
          aria-expanded={around}
          onClick={() => setAround(!around)}
        >
          {around ? t('case.hideAround') : t('case.around')}
        </button>
        {around && <Around room={one.room.id} seq={message.seq} id={message.id} />}
        {one.resolved_at ? <Resolved one={one} at={one.resolved_at} /> : <Decide one={one} />}
      </article>
    </li>
  );
}

/** Leads to the message in its place. */
function RoomName({ room, seq }: { room: Case['room']; seq: number }) {
  const { t } = useTranslation(['moderation', 'chat']);
  const words = room.title || (isRoomKind(room.kind) ? t(`chat:kind.${room.kind}`) : room.kind);
  return (
    <Link to="/messages/$roomId" params={{ roomId: room.id }} search={{ at: seq }} className="link">
      <bdi>{words}</bdi>
    </Link>
  );
}

function Around({ room, seq, id }: { room: string; seq: number; id: string }) {
  const { t } = useTranslation('moderation');
  const around = useQuery(aroundQuery(room, seq));
  if (around.isError && !around.data)
    return <Failed error={around.error} retry={() => void around.refetch()} />;
  if (!around.data) return <Skeleton height={96} radius="md" />;
  return (
    <ol className={css.around} aria-label={t('case.around')}>
      {around.data.items.map((message) => (
        <li key={message.id} className={message.id === id ? css.meant : undefined}>
          <span className="micro mut">
            <bdi>{message.author_name}</bdi> · <When at={message.created_at} as="time" />
          </span>
          <div className={`small ${css.words}`} dir="auto">
            {message.body ? <Body text={message.body} /> : t('case.deleted')}
          </div>
        </li>
      ))}
    </ol>
  );
}

const known: readonly string[] = ['dismiss', 'delete', 'mute', 'ban', 'approve', 'refuse'];
const isDeed = (name: string): name is CaseDeed => known.includes(name);

function Resolved({ one, at }: { one: Case; at: string }) {
  const { t } = useTranslation('moderation');
  const how = one.resolution ?? '';
  return (
    <p className={`small ${css.resolved}`}>
      <b>{isDeed(how) ? t(`was.${how}`) : how}</b>
      {one.resolved_by && (
        <>
          {' · '}
          <bdi>{one.resolved_by}</bdi>
        </>
      )}
      {' · '}
      <When at={at} />
    </p>
  );
}

function Decide({ one }: { one: Case }) {
  const { t } = useTranslation(['moderation', 'common']);
  const errorText = useErrorText();
  const [deed, setDeed] = useState<CaseDeed | undefined>(undefined);
  const [span, setSpan] = useState<Span>(usual);
  const [scope, setScope] = useState<Scope>('room');
  const [reason, setReason] = useState('');
  const [left, setLeft] = useState(false);
  const scopes = scopesOf(ofCourse(one.room.kind), keepsWords(useSession().me?.roles));
  const act = useMutation({
    mutationFn: (action: CaseDeed) =>
      decide(one.id, {
        action,
        reason: reason.trim(),
        ...(hasSpan(action) && span !== null ? { for_s: span } : {}),
        ...(hasScope(action) ? { scope } : {}),
      }),
    onSuccess: (_nothing, action) => toast({ text: t(`was.${action}`) }),
  });
  // What hurts nobody is done at once; the rest asks where, how long and why.
  const choose = (next: CaseDeed) => {
    if (needsReason(next)) setDeed(deed === next ? undefined : next);
    else act.mutate(next);
  };
  return (
    <div className={css.decide}>
      <fieldset className={css.deeds} aria-label={t('case.decide')}>
        {deedsOf(one.kind, one.message.state).map((name) => (
          <Button
            key={name}
            size="xs"
            variant="default"
            loading={act.isPending && act.variables === name}
            {...(needsReason(name) ? { 'aria-expanded': deed === name } : {})}
            onClick={() => choose(name)}
          >
            {t(`do.${name}`)}
          </Button>
        ))}
      </fieldset>
      {deed && (
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            setLeft(true);
            if (reason.trim() && !act.isPending) act.mutate(deed);
          }}
        >
          <p className="small">{t(`means.${deed as 'delete'}`)}</p>
          {hasScope(deed) && scopes.length > 1 && <ScopeField scopes={scopes} value={scope} set={setScope} />}
          {hasSpan(deed) && <SpanField value={span} set={setSpan} />}
          <ReasonField value={reason} set={setReason} needed left={left} />
          <div className={css.actions}>
            <Button variant="default" size="xs" onClick={() => setDeed(undefined)}>
              {t('common:cancel')}
            </Button>
            <Button type="submit" size="xs" loading={act.isPending}>
              {t(`do.${deed}`)}
            </Button>
          </div>
        </form>
      )}
      {act.isError && <Note tone="bad">{errorText(act.error)}</Note>}
    </div>
  );
}
