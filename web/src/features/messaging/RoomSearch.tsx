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
      <div className={css.hits} aria-live="polite">
        {found.isError && <p className={css.failed}>{errorText(found.error)}</p>}
        {found.isSuccess && hits.length === 0 && q.length >= 2 && (
          <p className="small mut">{t('nothingFound')}</p>
        )}
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
