// The text of a message as elements: code, formulas, links, mentions, moments of a lesson. Never HTML.
import { Link } from '@tanstack/react-router';
import { Fragment, memo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Formula } from '~/ui/Formula';
import { CHAT_FORMULAS, CHAT_TEX } from '~/ui/texRules';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';
import { type Part, parts } from './marks';
import { useThread } from './thread';

export const Body = memo(function Body({ text }: { text: string }) {
  return draw(parts(text), { formulas: CHAT_FORMULAS });
});

/** `left`: how many formulas of the message are still drawn. */
function draw(list: readonly Part[], left: { formulas: number }): ReactNode[] {
  return list.map((part, index) => {
    // The parts of one text never change their places.
    const key = `${index} ${part.t}`;
    switch (part.t) {
      case 'text':
        return <Fragment key={key}>{part.text}</Fragment>;
      case 'code':
        return (
          <code key={key} dir="ltr">
            {part.text}
          </code>
        );
      case 'block':
        return (
          <pre key={key} dir="ltr">
            <code>{part.text}</code>
          </pre>
        );
      case 'formula':
        left.formulas -= 1;
        return (
          <Formula key={key} tex={part.tex} display={part.display} most={left.formulas < 0 ? 0 : CHAT_TEX} />
        );
      case 'link':
        return (
          <a
            key={key}
            href={part.href}
            target="_blank"
            rel="noopener noreferrer nofollow"
            className="link"
            dir="ltr"
          >
            {part.text}
          </a>
        );
      case 'mention':
        return <Mention key={key} name={part.name} user={part.user} />;
      case 'moment':
        return <Moment key={key} label={part.label} lesson={part.lesson} second={part.second} />;
      case 'bold':
        return <strong key={key}>{draw(part.inside, left)}</strong>;
      case 'italic':
        return <em key={key}>{draw(part.inside, left)}</em>;
      default:
        return null;
    }
  });
}

function Mention({ name, user }: { name: string; user: string }) {
  const thread = useThread();
  return (
    <bdi className={`${css.mention} ${user === thread.user ? css.mentionMe : ''}`}>
      <span aria-hidden>@</span>
      {name}
    </bdi>
  );
}

/** A place in a lesson: seeks in the player when that lesson is on the page, else leads to it. */
export function Moment({ label, lesson, second }: { label?: string; lesson: string; second: number }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const thread = useThread();
  const at = format.clock(second);
  const words = label ?? t('atLesson', { at });
  const goTo = thread.lesson?.lessonId === lesson ? thread.lesson.goTo : undefined;
  if (goTo) {
    return (
      <button type="button" className="link num" aria-label={t('goTo', { at })} onClick={() => goTo(second)}>
        <bdi>{words}</bdi>
      </button>
    );
  }
  if (!thread.course || thread.lesson?.lessonId === lesson) return <bdi className="num">{words}</bdi>;
  return (
    <Link
      to="/learn/$courseId/$lessonId"
      params={{ courseId: thread.course, lessonId: lesson }}
      search={{ at: second }}
      className="link num"
      aria-label={t('goTo', { at })}
    >
      <bdi>{words}</bdi>
    </Link>
  );
}
