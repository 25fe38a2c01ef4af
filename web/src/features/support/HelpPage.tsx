// `/help`: frequent questions first, with a search; whoever finds no answer is led to a person (screens, 72).
import { Button, Skeleton, TextInput } from '@mantine/core';
import { IconMessageCircle2, IconSearch, IconThumbDown, IconThumbUp } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { editsFaq } from '~/features/identity/roles';
import { useSession } from '~/features/identity/session';
import { Body } from '~/features/messaging/Body';
import { direction } from '~/i18n/format';
import { LinkButton } from '~/ui/LinkButton';
import { Failed, State } from '~/ui/State';
import { asTyped } from '~/ui/typedDir';
import { useLocale } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { useTyped } from '~/ui/useTyped';
import { Waiting } from '~/ui/Waiting';
import { type FaqEntry, isTopic, topics } from './contract';
import { Expected } from './Expected';
import css from './Help.module.css';
import { faqQuery, voteFaq } from './queries';
import type { HelpSearch } from './routes';
import { wordsIn } from './texts';

const route = getRouteApi('/help');

export function HelpPage() {
  const { t } = useTranslation(['support', 'common']);
  const { me } = useSession();
  const navigate = useNavigate();
  const { q, topic, open } = route.useSearch();
  // While one types, the answers found so far stay: nothing jumps, and what is unfolded stays so.
  const faq = useQuery({ ...faqQuery({ q, topic }), placeholderData: keepPreviousData });
  useTitle(t('title'));
  const go = (search: HelpSearch) => void navigate({ to: '/help', search, replace: true });
  // The staff gets drafts too, for the editor.
  const items = faq.data?.items.filter((entry) => entry.published) ?? [];
  return (
    <div className={`page ${css.page}`}>
      <div className={css.head}>
        <h1>{t('title')}</h1>
        {editsFaq(me?.roles) && (
          <LinkButton to="/help/edit" variant="default" size="xs">
            {t('edit.open')}
          </LinkButton>
        )}
      </div>
      <Find q={q ?? ''} set={(text) => go({ ...(topic ? { topic } : {}), ...(text ? { q: text } : {}) })} />
      <fieldset className={css.topics} aria-label={t('topics')}>
        {[undefined, ...topics].map((name) => (
          <button
            key={name ?? ''}
            type="button"
            className={css.topic}
            aria-pressed={topic === name}
            onClick={() => go({ ...(q ? { q } : {}), ...(name ? { topic: name } : {}) })}
          >
            {name ? t(`topic.${name}`) : t('common:all')}
          </button>
        ))}
      </fieldset>
      {faq.isError && !faq.data ? (
        <Failed error={faq.error} retry={() => void faq.refetch()} />
      ) : (
        <Waiting
          pending={faq.isPending}
          skeleton={<Skeleton height={280} radius="md" />}
          label={t('loading')}
        >
          {items.length === 0 ? (
            <State
              icon={<IconSearch size={28} stroke={1.5} />}
              title={q ? t('notFound', { q }) : t('none')}
              action={
                (q || topic) && (
                  <Button variant="default" onClick={() => go({})}>
                    {t('all')}
                  </Button>
                )
              }
            >
              {t('notFoundText')}
            </State>
          ) : (
            <ul className={css.list}>
              {items.map((entry) => (
                <Question key={entry.id} entry={entry} opened={entry.id === open} />
              ))}
            </ul>
          )}
        </Waiting>
      )}
      <section className={css.person}>
        <div className="grow">
          <h2>{t('person.title')}</h2>
          <p className="mut">
            {t('person.text')} <Expected />
          </p>
        </div>
        <LinkButton to="/help/chat" leftSection={<IconMessageCircle2 size={18} stroke={1.75} aria-hidden />}>
          {t('person.go')}
        </LinkButton>
      </section>
    </div>
  );
}

function Find({ q, set }: { q: string; set: (q: string) => void }) {
  const { t } = useTranslation('support');
  const [text, setText] = useTyped(q, set);
  return (
    <search>
      <TextInput
        type="search"
        size="md"
        aria-label={t('find')}
        placeholder={t('find')}
        maxLength={200}
        leftSection={<IconSearch size={18} stroke={1.75} aria-hidden />}
        value={text}
        {...asTyped(text)}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </search>
  );
}

function Question({ entry, opened }: { entry: FaqEntry; opened: boolean }) {
  const { t } = useTranslation('support');
  const locale = useLocale();
  const question = wordsIn(entry.question, locale);
  const answer = wordsIn(entry.answer, locale);
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (opened) box.current?.scrollIntoView({ block: 'nearest' });
  }, [opened]);
  return (
    <li>
      <details className={css.entry} open={opened} ref={box}>
        <summary>
          <span lang={question.locale} dir={direction(question.locale)}>
            {question.text}
          </span>
          {isTopic(entry.topic) && <span className={`meta mut ${css.of}`}>{t(`topic.${entry.topic}`)}</span>}
        </summary>
        <div className={css.answer}>
          <div className={css.words} lang={answer.locale} dir={direction(answer.locale)}>
            <Body text={answer.text} />
          </div>
          <Vote id={entry.id} />
        </div>
      </details>
    </li>
  );
}

function Vote({ id }: { id: string }) {
  const { t } = useTranslation('support');
  const vote = useMutation({ mutationFn: (helpful: boolean) => voteFaq(id, helpful) });
  if (vote.isSuccess)
    return (
      <p className="small mut" role="status">
        {vote.variables ? t('vote.thanks') : t('vote.sorry')}
      </p>
    );
  return (
    <div className={css.vote}>
      <span className="small mut">{t('vote.ask')}</span>
      <Button
        size="xs"
        variant="default"
        loading={vote.isPending && vote.variables === true}
        leftSection={<IconThumbUp size={16} stroke={1.75} aria-hidden />}
        onClick={() => vote.mutate(true)}
      >
        {t('vote.yes')}
      </Button>
      <Button
        size="xs"
        variant="default"
        loading={vote.isPending && vote.variables === false}
        leftSection={<IconThumbDown size={16} stroke={1.75} aria-hidden />}
        onClick={() => vote.mutate(false)}
      >
        {t('vote.no')}
      </Button>
      {vote.isError && (
        <span className="small" role="alert">
          {t('vote.failed')}
        </span>
      )}
    </div>
  );
}
