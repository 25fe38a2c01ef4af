// An answer that was given, as people read it: the words of the options in place of their ids.
import { useTranslation } from 'react-i18next';
import { InlineText } from '~/ui/RichText';
import { useFormat } from '~/ui/useFormat';
import css from './Answer.module.css';
import { choiceBody, fileOf, listOf, matchBody, orderBody, pairsOf, textOf } from './answer';
import type { Answer, AnsweredFile, Body, Labelled, Parts, TaskKind } from './contract';

type Props = {
  kind: TaskKind;
  body: Body;
  answer: Answer;
  parts?: Parts | null | undefined;
  files?: readonly AnsweredFile[] | null | undefined;
  /** Nothing folds away: it is what the page is about. */
  whole?: boolean;
};

/** As the lines stand in the task; lines that are gone come last. */
const inOrderOf = (left: readonly Labelled[], pairs: Record<string, string>): [string, string][] => {
  const place = (id: string) => {
    const at = left.findIndex((item) => item.id === id);
    return at < 0 ? left.length : at;
  };
  return Object.entries(pairs).sort(([one], [other]) => place(one) - place(other));
};

export function AnswerShown({ kind, body, answer, parts, files, whole = false }: Props) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const words = (items: readonly Labelled[], id: string) => {
    const item = items.find((one) => one.id === id);
    return item ? <InlineText doc={item.text} /> : <i>{t('optionGone')}</i>;
  };
  const mark = (id: string) => {
    const right = parts?.[id];
    return right === undefined ? '' : ` (${t(right ? 'partRight' : 'partWrong')})`;
  };
  switch (kind) {
    case 'number':
      return <bdi dir="ltr">{textOf(answer)}</bdi>;
    case 'text':
      return <bdi>{textOf(answer)}</bdi>;
    case 'free':
      return <LongText text={textOf(answer)} whole={whole} />;
    case 'choice':
      return words(choiceBody(body).options, textOf(answer));
    case 'choices':
      return (
        <ul className={css.given}>
          {listOf(answer).map((id) => (
            <li key={id}>
              {words(choiceBody(body).options, id)}
              {mark(id)}
            </li>
          ))}
        </ul>
      );
    case 'order':
      return (
        <ol className={css.given}>
          {listOf(answer).map((id, index) => (
            <li key={id}>
              {format.number(index + 1)}. {words(orderBody(body).items, id)}
              {mark(id)}
            </li>
          ))}
        </ol>
      );
    case 'match': {
      const { left, right } = matchBody(body);
      return (
        <ul className={css.given}>
          {inOrderOf(left, pairsOf(answer)).map(([one, other]) => (
            <li key={one}>
              {words(left, one)} — {words(right, other)}
              {mark(one)}
            </li>
          ))}
        </ul>
      );
    }
    case 'file': {
      const given = fileOf(answer);
      return (
        <>
          {files && files.length > 0 ? (
            <ul className={css.given}>
              {files.map((file) => (
                <li key={file.id}>
                  {file.url ? (
                    <a className="link" href={file.url} download={file.name} rel="noopener">
                      <bdi>{file.name}</bdi>
                    </a>
                  ) : (
                    <bdi>{file.name}</bdi>
                  )}{' '}
                  <span className="mut nb">
                    <bdi>{format.size(file.size)}</bdi>
                  </span>
                </li>
              ))}
            </ul>
          ) : (
            <span>
              {t('file.count', { count: given.files.length, value: format.number(given.files.length) })}
            </span>
          )}
          {given.text && <LongText text={given.text} whole={whole} />}
        </>
      );
    }
  }
}

/** More characters than this fold away. */
const LONG = 300;

function LongText({ text, whole }: { text: string; whole: boolean }) {
  const { t } = useTranslation('tasks');
  if (whole || [...text].length <= LONG) {
    return (
      <p dir="auto" className={css.plain}>
        {text}
      </p>
    );
  }
  return (
    <details className={css.long}>
      <summary>
        <bdi className={css.beginning}>{[...text].slice(0, 120).join('')}…</bdi>{' '}
        <span className="link">{t('wholeText')}</span>
      </summary>
      <p dir="auto" className={css.plain}>
        {text}
      </p>
    </details>
  );
}
