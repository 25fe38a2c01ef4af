// The conversation about one question: who has it, what was said, templates, pass on, solved.
import { Button } from '@mantine/core';
import { IconArrowLeft, IconCheck, IconInfoCircle, IconUserShare } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me } from '~/features/identity/session';
import type { Ask } from '~/features/messaging/Composer';
import { isRoomKind } from '~/features/messaging/kinds';
import { RoomChat } from '~/features/messaging/RoomChat';
import { Initials } from '~/ui/Initials';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { When } from '~/ui/When';
import { About } from './About';
import { type Claim, type ClaimState, startClaim } from './claim';
import type { DeskRow, DeskState } from './contract';
import css from './Desk.module.css';
import { PassDialog } from './PassDialog';
import { claim, refreshDesk, release, renew, resolve, templatesQuery } from './queries';
import { type Deed, fill } from './rules';
import { Templates } from './Templates';
import { useQuestion } from './useQuestion';

type Props = {
  me: Me;
  room: string;
  /** As it stands in the list, while it does. */
  row: DeskRow | undefined;
  state: DeskState;
  /** What a key has asked for; each one is a new object. */
  wish: { deed: Deed } | undefined;
  /** Opens what stands beside, where it has no pane of its own. */
  panel: (() => void) | undefined;
  back: (() => void) | undefined;
  /** It was solved or passed on. */
  done: () => void;
};

export function Conversation({ me, room, row, state, wish, panel, back, done }: Props) {
  const { t } = useTranslation(['desk', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const question = useQuestion(room);
  const shown: DeskRow | undefined = question.data ?? row;
  const closed = state === 'closed';
  const { held, claimRef } = useClaim(room, !closed);
  const [ask, setAsk] = useState<Ask | undefined>(undefined);
  const [passing, setPassing] = useState(false);
  const [menu, setMenu] = useState(false);

  const solve = useMutation({
    mutationFn: () => resolve(room),
    onSuccess: () => {
      claimRef.current?.end(false);
      toast({ text: t('resolved') });
      done();
    },
  });
  const theirs = held.phase === 'theirs' || (shown?.claimed_by != null && shown.claimed_by.id !== me.id);
  const holder = held.phase === 'theirs' ? (held.by ?? shown?.claimed_by) : shown?.claimed_by;
  // Alone on the screen it is what the page is about.
  const Name = back ? 'h1' : 'h2';
  // What another has in hand is theirs to close and to pass on.
  const mayClose = shown !== undefined && shown.resolved_at === null && !(theirs && held.phase !== 'mine');

  const name = shown?.student.name ?? '';
  const templates = useQuery(templatesQuery);
  const filled = useMemo(
    () => templates.data?.items.map((item) => ({ ...item, body: fill(item.body, { name }) })) ?? [],
    [templates.data, name],
  );

  const latest = useRef({ solve, mayClose });
  latest.current = { solve, mayClose };
  useEffect(() => {
    if (!wish) return;
    const { solve: act, mayClose: may } = latest.current;
    if (wish.deed === 'resolve' && may && !act.isPending) act.mutate();
    if (wish.deed === 'templates') setMenu(true);
  }, [wish]);

  return (
    <section className={css.talk} aria-label={shown?.student.name ?? t('talk')}>
      <header className={css.talkHead}>
        {back && (
          <button type="button" className={css.icon} aria-label={t('toQueue')} onClick={back}>
            <IconArrowLeft size={22} stroke={1.75} className="flip" />
          </button>
        )}
        {shown && (
          <span className="only-wide">
            <Initials name={shown.student.name} id={shown.student.id} />
          </span>
        )}
        <div className="grow">
          <Name className={`clip ${css.who}`}>
            <bdi>{shown?.student.name ?? t('talk')}</bdi>
          </Name>
          <div className={`meta mut ${css.under}`}>
            {shown && <About of={shown} brief />}
            {shown && shown.wrong > 0 && (
              <span className="only-wide nb">
                {t('opened', { count: shown.wrong, value: format.number(shown.wrong) })}
              </span>
            )}
          </div>
        </div>
        {panel && (
          <button
            type="button"
            className={css.icon}
            aria-label={t('panel.open')}
            title={t('panel.open')}
            onClick={panel}
          >
            <IconInfoCircle size={22} stroke={1.75} />
          </button>
        )}
        {mayClose && (
          <>
            <Button
              variant="default"
              size="xs"
              className={css.pass ?? ''}
              onClick={() => setPassing(true)}
              aria-label={t('pass.do')}
              leftSection={<IconUserShare size={18} stroke={1.75} aria-hidden />}
            >
              <span className="only-wide">{t('pass.do')}</span>
            </Button>
            <Button
              size="xs"
              loading={solve.isPending}
              aria-keyshortcuts="E"
              leftSection={<IconCheck size={18} stroke={1.75} aria-hidden />}
              onClick={() => solve.mutate()}
            >
              {t('resolve')}
            </Button>
          </>
        )}
      </header>
      {solve.isError && (
        <div className={css.pad}>
          <Note tone="bad">{errorText(solve.error)}</Note>
        </div>
      )}
      <RoomChat
        roomId={room}
        {...(isRoomKind(shown?.kind) ? { roomKind: shown.kind } : {})}
        compact
        placeholder={t('answer')}
        ask={ask}
        {...(shown ? { note: <Holder held={held} theirs={theirs} name={holder?.name} row={shown} /> } : {})}
        templates={filled}
        tools={
          <Templates
            opened={menu}
            setOpened={setMenu}
            pick={(body) => setAsk({ second: undefined, text: fill(body, { name }), append: true })}
          />
        }
      />
      <p className={`micro mut ${css.keys}`}>
        <span>
          <kbd>J</kbd> <kbd>K</kbd> {t('keys.move')}
        </span>
        <span>
          <kbd>E</kbd> {t('keys.resolve')}
        </span>
        <span>
          <kbd>/</kbd> {t('keys.templates')}
        </span>
      </p>
      {passing && (
        <PassDialog
          room={room}
          me={me.id}
          waits={shown?.waiting_since != null}
          close={() => setPassing(false)}
          done={() => {
            claimRef.current?.end(false);
            setPassing(false);
            done();
          }}
        />
      )}
    </section>
  );
}

/** Who answers, when that is not simply oneself. */
function Holder({
  held,
  theirs,
  name,
  row,
}: {
  held: ClaimState;
  theirs: boolean;
  name: string | undefined;
  row: DeskRow;
}) {
  const { t } = useTranslation('desk');
  const errorText = useErrorText();
  if (row.resolved_at)
    return (
      <Note tone="ok">
        {t('isResolved')} <When at={row.resolved_at} />
      </Note>
    );
  if (held.phase === 'failed') return <Note tone="bad">{errorText(held.error)}</Note>;
  if (theirs && held.phase !== 'mine')
    return <Note tone="warn">{name ? t('heldBy', { name }) : t('held')}</Note>;
  return null;
}

/** Whoever leaves gives it back: to the queue while somebody waits, else it stays among one's own, free for others. */
function useClaim(room: string, on: boolean) {
  const [held, setHeld] = useState<ClaimState>({ phase: 'asking' });
  const claimRef = useRef<Claim | undefined>(undefined);
  useEffect(() => {
    if (!on) return;
    const one = startClaim({
      claim: () => claim(room),
      renew: () => renew(room),
      release: () => release(room),
      later: (work, milliseconds) => {
        const timer = setTimeout(work, milliseconds);
        return () => clearTimeout(timer);
      },
      changed: (state) => {
        setHeld(state);
        if (state.phase === 'mine') void refreshDesk();
      },
    });
    claimRef.current = one;
    const leave = () => one.end();
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      one.end();
    };
  }, [room, on]);
  return { held, claimRef };
}
