// `/help/edit`: the staff's side of the frequent questions: order, four languages, what is shown.
import { Button, SegmentedControl, Select, Skeleton, Switch, Textarea, TextInput } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconListDetails,
  IconPencil,
  IconPlus,
  IconTrash,
} from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { queryClient } from '~/app/queries';
import { OnlyFor } from '~/features/identity/OnlyFor';
import { editsFaq } from '~/features/identity/roles';
import { direction, type Locale, localeNames, locales } from '~/i18n/format';
import { Dialog } from '~/ui/Dialog';
import { Note } from '~/ui/Note';
import { Failed, State } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat, useLocale } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { type FaqEntry, isTopic, topics } from './contract';
import css from './Help.module.css';
import { addFaq, changeFaq, dropFaq, type FaqDraft, faqEditQuery, orderFaq } from './queries';
import { half, moved, trimmed, wordsIn } from './texts';

export function FaqEditPage() {
  const { t } = useTranslation('support');
  useTitle(t('edit.title'));
  return <OnlyFor may={editsFaq}>{() => <Editor />}</OnlyFor>;
}

function Editor() {
  const { t } = useTranslation('support');
  const errorText = useErrorText();
  const faq = useQuery(faqEditQuery);
  const [edited, setEdited] = useState<FaqEntry | 'new' | undefined>(undefined);
  const items = faq.data?.items ?? [];
  const order = useMutation({
    mutationFn: (next: FaqEntry[]) => orderFaq(next.map((entry) => entry.id)),
    // It stands where it was put at once; a refusal brings the old order back.
    onMutate: (next) => queryClient.setQueryData(faqEditQuery.queryKey, { items: next }),
    onError: () => void faq.refetch(),
  });
  const add = (
    <Button leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />} onClick={() => setEdited('new')}>
      {t('edit.new')}
    </Button>
  );
  return (
    <div className={`page ${css.page}`}>
      <div className={css.head}>
        <div>
          <Link to="/help" className="link small">
            {t('title')}
          </Link>
          <h1 className="work">{t('edit.title')}</h1>
        </div>
        {items.length > 0 && add}
      </div>
      {order.isError && <Note tone="bad">{errorText(order.error)}</Note>}
      {faq.isError && !faq.data ? (
        <Failed error={faq.error} retry={() => void faq.refetch()} />
      ) : (
        <Waiting
          pending={faq.isPending}
          skeleton={<Skeleton height={280} radius="md" />}
          label={t('loading')}
        >
          {items.length === 0 ? (
            <State icon={<IconListDetails size={28} stroke={1.5} />} title={t('none')} action={add}>
              {t('edit.noneText')}
            </State>
          ) : (
            <ol className={css.list}>
              {items.map((entry, index) => (
                <Row
                  key={entry.id}
                  entry={entry}
                  first={index === 0}
                  last={index === items.length - 1}
                  move={(by) => order.mutate(moved(items, index, by))}
                  edit={() => setEdited(entry)}
                />
              ))}
            </ol>
          )}
        </Waiting>
      )}
      {edited !== undefined && (
        <Dialog
          size="lg"
          title={edited === 'new' ? t('edit.new') : t('edit.change')}
          close={() => setEdited(undefined)}
        >
          <Form entry={edited === 'new' ? undefined : edited} done={() => setEdited(undefined)} />
        </Dialog>
      )}
    </div>
  );
}

type RowProps = {
  entry: FaqEntry;
  first: boolean;
  last: boolean;
  move: (by: 1 | -1) => void;
  edit: () => void;
};

function Row({ entry, first, last, move, edit }: RowProps) {
  const { t } = useTranslation('support');
  const format = useFormat();
  const locale = useLocale();
  const errorText = useErrorText();
  const question = wordsIn(entry.question, locale);
  const there = locales.filter((name) => entry.question[name]?.trim());
  const publish = useMutation({
    mutationFn: (published: boolean) => changeFaq(entry.id, entry.version, { published }),
  });
  return (
    <li className={css.edited}>
      <div className={css.moves}>
        <button
          type="button"
          className={css.icon}
          disabled={first}
          aria-label={t('edit.up', { question: question.text })}
          onClick={() => move(-1)}
        >
          <IconArrowUp size={18} stroke={1.75} />
        </button>
        <button
          type="button"
          className={css.icon}
          disabled={last}
          aria-label={t('edit.down', { question: question.text })}
          onClick={() => move(1)}
        >
          <IconArrowDown size={18} stroke={1.75} />
        </button>
      </div>
      <div className="grow">
        <p className="medium" lang={question.locale} dir={direction(question.locale)}>
          {question.text}
        </p>
        <p className={`meta mut ${css.facts}`}>
          {isTopic(entry.topic) && <span>{t(`topic.${entry.topic}`)}</span>}
          {locales.map((name) => (
            <Tag key={name} tone={there.includes(name) ? 'ok' : 'outline'}>
              {name.toUpperCase()}
              <span className="hidden">{there.includes(name) ? t('edit.has') : t('edit.lacks')}</span>
            </Tag>
          ))}
          <span>
            {t('edit.votes', { yes: format.number(entry.helpful), no: format.number(entry.unhelpful) })}
          </span>
        </p>
        {publish.isError && <Note tone="bad">{errorText(publish.error)}</Note>}
      </div>
      <Switch
        label={t('edit.shown')}
        checked={publish.isPending ? publish.variables : entry.published}
        onChange={(event) => publish.mutate(event.currentTarget.checked)}
      />
      <button
        type="button"
        className={css.icon}
        aria-label={t('edit.changeOf', { question: question.text })}
        onClick={edit}
      >
        <IconPencil size={18} stroke={1.75} />
      </button>
    </li>
  );
}

function Form({ entry, done }: { entry: FaqEntry | undefined; done: () => void }) {
  const { t } = useTranslation(['support', 'common']);
  const errorText = useErrorText();
  const here = useLocale();
  const [language, setLanguage] = useState<Locale>(here);
  const [draft, setDraft] = useState<FaqDraft>({
    topic: entry?.topic ?? 'other',
    question: entry?.question ?? {},
    answer: entry?.answer ?? {},
    published: entry?.published ?? true,
  });
  const [left, setLeft] = useState(false);
  const [dropping, setDropping] = useState(false);
  const keep = useMutation({
    mutationFn: () => {
      const whole = { ...draft, question: trimmed(draft.question), answer: trimmed(draft.answer) };
      return entry ? changeFaq(entry.id, entry.version, whole) : addFaq(whole);
    },
    onSuccess: () => {
      toast({ text: t('common:saved') });
      done();
    },
  });
  const drop = useMutation({
    mutationFn: () => dropFaq(entry?.id ?? ''),
    onSuccess: () => {
      toast({ text: t('edit.dropped') });
      done();
    },
  });
  const halves = half(draft.question, draft.answer);
  const empty = Object.keys(trimmed(draft.question)).length === 0;
  const set = (part: 'question' | 'answer', text: string) =>
    setDraft((old) => ({ ...old, [part]: { ...old[part], [language]: text } }));
  const submit = () => {
    setLeft(true);
    const first = empty ? undefined : halves[0];
    if (first) setLanguage(first);
    if (!empty && halves.length === 0 && !keep.isPending) keep.mutate();
  };
  const missing = (part: 'question' | 'answer') =>
    left && (empty || halves.includes(language)) && !draft[part][language]?.trim()
      ? t(`edit.missing.${part}`)
      : undefined;
  if (dropping) {
    return (
      <div className={css.form}>
        <p>{t('edit.dropAsk')}</p>
        {drop.isError && <Note tone="bad">{errorText(drop.error)}</Note>}
        <div className={css.actions}>
          <Button variant="default" data-autofocus onClick={() => setDropping(false)}>
            {t('edit.keep')}
          </Button>
          <Button color="red" variant="outline" loading={drop.isPending} onClick={() => drop.mutate()}>
            {t('edit.drop')}
          </Button>
        </div>
      </div>
    );
  }
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Select
        label={t('edit.topic')}
        data={topics.map((value) => ({ value, label: t(`topic.${value}`) }))}
        value={draft.topic}
        allowDeselect={false}
        onChange={(topic) => isTopic(topic) && setDraft((old) => ({ ...old, topic }))}
      />
      <SegmentedControl
        fullWidth
        aria-label={t('common:language')}
        value={language}
        onChange={(value) => setLanguage(value as Locale)}
        data={locales.map((value) => ({
          value,
          label: `${value.toUpperCase()}${draft.question[value]?.trim() ? ' ✓' : ''}`,
        }))}
      />
      <TextInput
        label={`${t('edit.question')} · ${localeNames[language]}`}
        lang={language}
        maxLength={300}
        value={draft.question[language] ?? ''}
        attributes={{ input: { dir: direction(language) } }}
        error={missing('question')}
        onChange={(event) => set('question', event.currentTarget.value)}
      />
      <Textarea
        label={`${t('edit.answer')} · ${localeNames[language]}`}
        description={t('edit.answerHelp')}
        lang={language}
        maxLength={4000}
        autosize
        minRows={5}
        maxRows={14}
        value={draft.answer[language] ?? ''}
        attributes={{ input: { dir: direction(language) } }}
        error={missing('answer')}
        onChange={(event) => set('answer', event.currentTarget.value)}
      />
      <Switch
        label={t('edit.shownLong')}
        checked={draft.published}
        onChange={(event) => {
          const { checked } = event.currentTarget;
          setDraft((old) => ({ ...old, published: checked }));
        }}
      />
      {keep.isError && (
        <Note tone="bad">
          {isApiError(keep.error) && keep.error.status === 409 ? t('edit.conflict') : errorText(keep.error)}
        </Note>
      )}
      <div className={css.actions}>
        {entry && (
          <Button
            variant="subtle"
            color="red"
            className={css.drop ?? ''}
            leftSection={<IconTrash size={18} stroke={1.75} aria-hidden />}
            onClick={() => setDropping(true)}
          >
            {t('edit.drop')}
          </Button>
        )}
        <Button variant="default" onClick={done}>
          {t('common:cancel')}
        </Button>
        <Button type="submit" loading={keep.isPending}>
          {t('common:save')}
        </Button>
      </div>
    </form>
  );
}
