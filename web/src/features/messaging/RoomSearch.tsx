// Search inside the room; a hit leads to its place.
import { Button, Loader } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { typedDir } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';
import { wordsOf } from './MessageRow';
import { searchQuery } from './queries';

type Props = { room: string; close: () => void; go: (seq: number) => void };

export function RoomSearch({ room, close, go }: Props) {
  const { t } = useTranslation(['chat', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 300);
  const field = useRef<HTMLInputElement>(null);
  const found = useInfiniteQuery({ ...searchQuery(room, q), enabled: q.length >= 2 });
  const hits = found.data?.pages.flatMap((page) => page.items) ?? [];
  useEffect(() => field.current?.focus(), []);
  return (
    <search
      className={css.searching}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <div className={css.searchField}>
        <IconSearch size={18} stroke={1.75} aria-hidden />
        <input
          ref={field}
          type="search"
          value={typed}
          dir={typedDir(typed)}
          aria-label={t('searchIn')}
          placeholder={t('searchIn')}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {found.isFetching && <Loader size={16} />}
        <button type="button" className={css.small} aria-label={t('searchClose')} onClick={close}>
          <IconX size={18} stroke={1.75} aria-hidden />
        </button>
      </div>
      <div className={css.hits}>
        {found.isError && (
          <p className={css.failed} role="alert">
            {errorText(found.error)}
          </p>
        )}
        {/* How many there are is said; reading all of them aloud would take minutes. */}
        <p role="status" className={hits.length > 0 ? 'hidden' : 'small mut'}>
          {found.isSuccess &&
            q.length >= 2 &&
            (hits.length === 0
              ? t('nothingFound')
              : t('found', {
                  count: hits.length,
                  value: `${format.number(hits.length)}${found.hasNextPage ? '+' : ''}`,
                }))}
        </p>
        {hits.length > 0 && (
          <ul>
            {hits.map((hit) => (
              <li key={hit.id}>
                <button type="button" onClick={() => go(hit.seq)}>
                  <b>
                    <bdi>{hit.author_name}</bdi>
                    <bdi className="micro mut">{format.near(hit.created_at)}</bdi>
                  </b>
                  <span dir="auto">{wordsOf(hit, t('fileWord'))}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
        {found.hasNextPage && (
          <Button
            size="xs"
            variant="subtle"
            loading={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {t('common:more')}
          </Button>
        )}
      </div>
    </search>
  );
}
