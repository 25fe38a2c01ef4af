// One message of a thread, and one that is still on its way.
import {
  IconAlertCircle,
  IconCheck,
  IconChecks,
  IconCircleCheck,
  IconClock,
  IconCornerUpLeft,
  IconDots,
  IconHourglass,
  IconPinned,
} from '@tabler/icons-react';
import { memo, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Unsent } from '~/live/outbox';
import type { ChatMessage, Quote } from '~/live/protocol';
import type { Receipt } from '~/live/room';
import type { RoomClient } from '~/live/roomClient';
import { Initials } from '~/ui/Initials';
import { useFormat } from '~/ui/useFormat';
import { Body, Moment } from './Body';
import css from './Chat.module.css';
import { EditForm } from './EditForm';
import { Files } from './Files';
import type { Item } from './items';
import { plain } from './marks';
import { useThread } from './thread';

/** A finger that rests for so long asks for the menu, in milliseconds. */
const LONG = 450;

type Props = {
  item: Extract<Item, { kind: 'message' }>;
  receipt: Receipt | undefined;
  pinned: boolean;
  accepted: boolean;
  editing: boolean;
  /** Somebody was led here: it stands out for a moment. */
  marked: boolean;
};

export const MessageRow = memo(function MessageRow(props: Props) {
  const { item, receipt, pinned, accepted, editing, marked } = props;
  const { t } = useTranslation('chat');
  const format = useFormat();
  const thread = useThread();
  const { message, own, first, last } = item;
  const gone = message.state === 'deleted';
  const dots = useRef<HTMLButtonElement>(null);
  const press = useLongPress(() => dots.current && thread.menu(message, dots.current));
  const waits = message.state === 'held' || message.state === 'refused';
  return (
    <article
      className={`${css.message} ${own ? css.own : ''} ${marked ? css.marked : ''}`}
      data-seq={message.seq}
      data-msg={message.id}
    >
      {!own && first && (
        <p className={css.by}>
          <Initials name={message.author_name} id={message.author} size={24} />
          <b>
            <bdi>{message.author_name}</bdi>
          </b>
          {(message.author_role === 'author' || message.author_role === 'moderator') && (
            <span className={css.role}>{t(message.author_role)}</span>
          )}
        </p>
      )}
      <div className={css.line}>
        <div className={`${css.bubble} ${gone ? css.gone : ''}`} dir="auto" {...press}>
          <span className="hidden">{own ? t('you') : message.author_name}: </span>
          {message.reply && !gone && <QuoteOf quote={message.reply} />}
          {gone ? (
            t('deletedMessage')
          ) : editing ? (
            <EditForm message={message} />
          ) : (
            message.body && <Body text={message.body} />
          )}
          {!gone && message.files && message.files.length > 0 && <Files files={message.files} />}
        </div>
        {!gone && !editing && (
          <button
            type="button"
            ref={dots}
            className={css.dots}
            aria-label={t('actions')}
            aria-haspopup="menu"
            onClick={(event) => thread.menu(message, event.currentTarget)}
          >
            <IconDots size={18} stroke={1.75} aria-hidden />
          </button>
        )}
      </div>
      {message.reactions && message.reactions.length > 0 && (
        <p className={css.reactions}>
          {message.reactions.map(({ emoji, n, own: mine }) => (
            <button
              key={emoji}
              type="button"
              aria-pressed={mine}
              aria-label={t('reaction', { emoji, count: n, value: format.number(n) })}
              onClick={() => thread.react(message, emoji, !mine)}
            >
              <span aria-hidden>{emoji}</span>
              <bdi aria-hidden>{format.number(n)}</bdi>
            </button>
          ))}
        </p>
      )}
      {(last || receipt || message.at || message.edited_at || pinned || accepted || waits) && (
        <p className={css.under}>
          {accepted && (
            <span className={css.acceptedSign}>
              <IconCircleCheck size={14} stroke={1.75} aria-hidden />
              {t('acceptedAnswer')}
            </span>
          )}
          <time dateTime={message.created_at}>
            <bdi>{format.time(message.created_at)}</bdi>
          </time>
          {message.at && <Moment lesson={message.at.lesson} second={message.at.second} />}
          {message.edited_at && !gone && <span>{t('edited')}</span>}
          {pinned && (
            <span className={css.receipt}>
              <IconPinned size={14} stroke={1.75} aria-hidden />
              {t('pinnedSign')}
            </span>
          )}
          {message.state === 'held' && (
            <span className={`${css.receipt} ${css.held}`}>
              <IconHourglass size={14} stroke={1.75} aria-hidden />
              {t('receipt.held')}
            </span>
          )}
          {message.state === 'refused' && <span className={css.failed}>{t('refusedByModerator')}</span>}
          {receipt && !waits && !gone && <ReceiptSign kind={receipt} />}
        </p>
      )}
    </article>
  );
});

export function QuoteOf({ quote }: { quote: Quote }) {
  const { t } = useTranslation('chat');
  const thread = useThread();
  return (
    <button type="button" className={css.quote} onClick={() => thread.find(quote)}>
      <b>
        <IconCornerUpLeft size={14} stroke={1.75} aria-hidden className="flip" />
        <bdi>{quote.author_name}</bdi>
      </b>
      <span dir="auto">{plain(quote.text) || t('quoteGone')}</span>
    </button>
  );
}

type UnsentProps = { item: Unsent; client: RoomClient };

export function UnsentRow({ item, client }: UnsentProps) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const { rewrite } = useThread();
  const failed = item.state === 'failed';
  return (
    <article className={`${css.message} ${css.own}`}>
      <div className={css.line}>
        <div className={css.bubble} dir="auto">
          <span className="hidden">{t('you')}: </span>
          {item.reply && <QuoteOf quote={item.reply} />}
          {item.body && <Body text={item.body} />}
          {item.files && item.files.length > 0 && <Files files={item.files} />}
        </div>
      </div>
      <p className={css.under}>
        <bdi>{format.time(new Date(item.written))}</bdi>
        {item.at && <Moment lesson={item.at.lesson} second={item.at.second} />}
        <ReceiptSign kind={item.state} />
        {failed && (
          <button type="button" className="link" onClick={() => client.retry(item.client_id)}>
            {t('again')}
          </button>
        )}
        {failed && rewrite && (
          <button type="button" className="link" onClick={() => rewrite(item)}>
            {t('edit')}
          </button>
        )}
        {(failed || item.state === 'sending') && (
          <button type="button" className="link" onClick={() => client.cancel(item.client_id)}>
            {t(failed ? 'drop' : 'cancelSend')}
          </button>
        )}
      </p>
      {failed && <p className={css.why}>{t(`why.${whyOf(item)}`)}</p>}
    </article>
  );
}

const reasons = [
  'rejected',
  'read_only',
  'too_large',
  'stale',
  'muted',
  'blocked',
  'not_found',
  'rejected_words',
  'rejected_links',
  'rejected_duplicate',
  'rejected_caps',
  'rejected_empty',
] as const;
type Why = (typeof reasons)[number] | 'other';

/** Why it was not sent, as far as there are words for it. */
export function whyOf({ code, rule }: Pick<Unsent, 'code' | 'rule'>): Why {
  const exact = rule ? `${code}_${rule}` : code;
  return reasons.find((reason) => reason === exact) ?? reasons.find((reason) => reason === code) ?? 'other';
}

const receiptIcon = {
  sending: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
  held: IconHourglass,
  failed: IconAlertCircle,
};

function ReceiptSign({ kind }: { kind: keyof typeof receiptIcon }) {
  const { t } = useTranslation('chat');
  const Icon = receiptIcon[kind];
  return (
    <span className={`${css.receipt} ${css[kind] ?? ''}`}>
      <Icon size={14} stroke={1.75} aria-hidden />
      {t(`receipt.${kind}`)}
    </span>
  );
}

/** For fingers only: with a mouse the menu of the browser stays what it is. */
function useLongPress(run: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [held, setHeld] = useState(false);
  const stop = () => {
    clearTimeout(timer.current);
    setHeld(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    'data-pressed': held || undefined,
    onPointerDown: (event: React.PointerEvent) => {
      if (event.pointerType !== 'touch') return;
      setHeld(true);
      timer.current = setTimeout(() => {
        setHeld(false);
        run();
      }, LONG);
    },
    onPointerUp: stop,
    onPointerMove: (event: React.PointerEvent) => {
      if (Math.abs(event.movementX) + Math.abs(event.movementY) > 6) stop();
    },
    onPointerCancel: stop,
    onContextMenu: (event: React.MouseEvent) => {
      if ((event.nativeEvent as PointerEvent).pointerType === 'touch') event.preventDefault();
    },
  };
}

/** A message in words, for lists and for what is read aloud. */
export const wordsOf = (message: ChatMessage, file: string): string =>
  plain(message.body) || (message.files?.[0] ? `${file} ${message.files[0].name}` : '');
