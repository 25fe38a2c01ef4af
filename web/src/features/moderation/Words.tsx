// The words that a message may not hold, by language. All lists count for every message.
import { Button, Select, Skeleton, TextInput } from '@mantine/core';
import { IconAbc, IconPlus, IconSearch, IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { type FormEvent, useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { localeNames } from '~/i18n/format';
import { More } from '~/ui/More';
import { Note } from '~/ui/Note';
import { Failed, State } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText, useFieldText } from '~/ui/useErrorText';
import { Waiting } from '~/ui/Waiting';
import { type NewWord, verdicts, type Word, type WordList, wordLists } from './contract';
import css from './Moderation.module.css';
import { addWord, dropWord, wordsQuery } from './queries';

export function Words() {
  const { t } = useTranslation(['moderation', 'common']);
  const [language, setLanguage] = useState<WordList | undefined>(undefined);
  const [q, setQ] = useState('');
  const wanted = useDeferredValue(q.trim());
  const list = useInfiniteQuery(wordsQuery({ language, q: wanted || undefined }));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const name = useListName();
  return (
    <div className={css.part}>
      <p className="small mut">{t('words.text')}</p>
      <Add />
      <div className={css.tools}>
        <TextInput
          className="grow"
          type="search"
          size="xs"
          aria-label={t('words.find')}
          placeholder={t('words.find')}
          maxLength={100}
          leftSection={<IconSearch size={18} stroke={1.75} aria-hidden />}
          value={q}
          {...asTyped(q)}
          onChange={(event) => setQ(event.currentTarget.value)}
        />
        <Select
          size="xs"
          aria-label={t('words.list')}
          placeholder={t('words.list')}
          clearable
          data={wordLists.map((value) => ({ value, label: name(value) }))}
          value={language ?? null}
          onChange={(value) => setLanguage(wordLists.find((one) => one === value))}
        />
      </div>
      {list.isError && !list.data ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : (
        <Waiting
          pending={list.isPending}
          skeleton={<Skeleton height={200} radius="md" />}
          label={t('words.loading')}
        >
          {items.length === 0 ? (
            <State
              icon={<IconAbc size={28} stroke={1.5} />}
              title={wanted || language ? t('words.notFound') : t('words.none')}
            />
          ) : (
            <ul className={css.rows}>
              {items.map((word) => (
                <Row key={word.id} word={word} />
              ))}
            </ul>
          )}
        </Waiting>
      )}
      <More of={list} />
    </div>
  );
}

function useListName() {
  const { t } = useTranslation('moderation');
  return (list: WordList): string => (list === 'any' ? t('words.any') : localeNames[list]);
}

function Row({ word }: { word: Word }) {
  const { t } = useTranslation(['moderation', 'common']);
  const name = useListName();
  const errorText = useErrorText();
  const drop = useMutation({
    mutationFn: () => dropWord(word.id),
    onSuccess: () =>
      toast({
        text: t('words.dropped'),
        action: {
          label: t('common:undo'),
          run: () => void addWord({ language: word.language, word: word.word, verdict: word.verdict }),
        },
      }),
  });
  return (
    <li className={css.wordRow}>
      <bdi className="medium grow">{word.word}</bdi>
      {drop.isError && <span className="small">{errorText(drop.error)}</span>}
      <span className="meta mut">{name(word.language)}</span>
      <Tag tone={word.verdict === 'reject' ? 'bad' : 'warn'}>{t(`words.verdict.${word.verdict}`)}</Tag>
      <button
        type="button"
        className={css.icon}
        aria-label={t('words.drop', { word: word.word })}
        disabled={drop.isPending}
        onClick={() => drop.mutate()}
      >
        <IconTrash size={18} stroke={1.75} />
      </button>
    </li>
  );
}

function Add() {
  const { t } = useTranslation('moderation');
  const errorText = useErrorText();
  const fieldText = useFieldText();
  const name = useListName();
  const [draft, setDraft] = useState<NewWord>({ language: 'any', word: '', verdict: 'hold' });
  const [left, setLeft] = useState(false);
  const add = useMutation({
    mutationFn: () => addWord({ ...draft, word: draft.word.trim() }),
    onSuccess: () => {
      setDraft((old) => ({ ...old, word: '' }));
      setLeft(false);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setLeft(true);
    if ([...draft.word.trim()].length >= 2 && !add.isPending) add.mutate();
  };
  const theirs = isApiError(add.error) ? add.error.field('word') : undefined;
  const short = left && [...draft.word.trim()].length < 2;
  return (
    <form className={css.add} onSubmit={submit}>
      <TextInput
        className="grow"
        label={t('words.word')}
        description={t('words.wordHelp')}
        maxLength={100}
        value={draft.word}
        {...asTyped(draft.word)}
        error={theirs ? fieldText(theirs) : short ? t('words.short') : undefined}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setDraft((old) => ({ ...old, word: value }));
        }}
      />
      <Select
        label={t('words.list')}
        data={wordLists.map((value) => ({ value, label: name(value) }))}
        value={draft.language}
        allowDeselect={false}
        onChange={(value) =>
          setDraft((old) => ({ ...old, language: wordLists.find((one) => one === value) ?? 'any' }))
        }
      />
      <Select
        label={t('words.then')}
        data={verdicts.map((value) => ({ value, label: t(`words.verdict.${value}`) }))}
        value={draft.verdict}
        allowDeselect={false}
        onChange={(value) =>
          setDraft((old) => ({ ...old, verdict: verdicts.find((one) => one === value) ?? 'hold' }))
        }
      />
      <Button
        type="submit"
        loading={add.isPending}
        leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
      >
        {t('words.add')}
      </Button>
      {add.isError && !theirs && (
        <div className={css.wide}>
          <Note tone="bad">{errorText(add.error)}</Note>
        </div>
      )}
    </form>
  );
}
