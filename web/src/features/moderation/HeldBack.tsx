// A list of people who are held back, whether from writing or from entering, each with the way to let them again.
import { Button, Skeleton } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Initials } from '~/ui/Initials';
import { More } from '~/ui/More';
import { Failed, State } from '~/ui/State';
import { Waiting } from '~/ui/Waiting';
import { LiftDialog } from './LiftDialog';
import css from './Moderation.module.css';

type Person = { user_id: string; name: string; reason: string };

/** What the list needs of an infinite query. */
type Pages<T> = {
  data?: { pages: { items: T[] }[] } | undefined;
  isError: boolean;
  isPending: boolean;
  error: unknown;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
};

type Props<T> = {
  list: Pages<T>;
  words: { loading: string; none: string };
  icon: ReactNode;
  deed: 'unmute' | 'unban';
  keyOf: (item: T) => string;
  row: (item: T, lift: () => void) => ReactNode;
  lift: (item: T, reason: string) => Promise<void>;
};

export function HeldBack<T extends Person>({ list, words, icon, deed, keyOf, row, lift }: Props<T>) {
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const [lifting, setLifting] = useState<T | undefined>(undefined);
  if (list.isError && !list.data) return <Failed error={list.error} retry={() => void list.refetch()} />;
  return (
    <div className={css.part}>
      <Waiting
        pending={list.isPending}
        skeleton={<Skeleton height={200} radius="md" />}
        label={words.loading}
      >
        {items.length === 0 ? (
          <State icon={icon} title={words.none} />
        ) : (
          <ul className={css.rows}>
            {items.map((item) => (
              <li className={css.muteRow} key={keyOf(item)}>
                {row(item, () => setLifting(item))}
              </li>
            ))}
          </ul>
        )}
      </Waiting>
      <More of={list} />
      {lifting && (
        <LiftDialog
          deed={deed}
          name={lifting.name}
          lift={(reason) => lift(lifting, reason)}
          close={() => setLifting(undefined)}
        />
      )}
    </div>
  );
}

type RowProps = {
  person: Person;
  /** In which room, course or everywhere. */
  where: string;
  when: string;
  /** Absent for who may not lift it. */
  lift?: (() => void) | undefined;
};

export function HeldBackRow({ person, where, when, lift }: RowProps) {
  const { t } = useTranslation('moderation');
  return (
    <>
      <Initials name={person.name} id={person.user_id} />
      <div className="grow">
        <p className="medium">
          <bdi>{person.name}</bdi>
        </p>
        <p className={`meta mut ${css.facts}`}>
          <bdi>{where}</bdi>
          <span>{when}</span>
        </p>
        {person.reason && (
          <p className="small">
            <bdi>{person.reason}</bdi>
          </p>
        )}
      </div>
      {lift && (
        <Button size="xs" variant="default" onClick={lift}>
          {t('mutes.lift')}
        </Button>
      )}
    </>
  );
}
