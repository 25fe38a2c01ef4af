// Who is in the room just now: by name where they are few, else how many, with the names on demand. The author of a course
// can look for any student here and write to them alone.
import { Popover, TextInput } from '@mantine/core';
import { IconMessageCircle } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Here, RoomClient } from '~/live/roomClient';
import { Initials } from '~/ui/Initials';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';
import { peopleQuery } from './queries';
import { mayWriteTo, type Talk, useWriteTo } from './write';

/** Up to so many, myself among them, are named in the header. */
const NAMED = 3;

type Props = { client: RoomClient; online: number; talk: Talk };

export function PeopleHere({ client, online, talk }: Props) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const [opened, setOpened] = useState(false);
  const [here, setHere] = useState<Here | undefined>(undefined);
  const asks = opened || (online > 1 && online <= NAMED);
  // Asked anew whenever somebody comes or goes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the number is the news.
  useEffect(() => {
    if (!asks) return;
    let gone = false;
    client.who().then(
      (people) => !gone && setHere(people),
      // Without an answer the number alone stands there.
      () => !gone && setHere(undefined),
    );
    return () => {
      gone = true;
    };
  }, [client, asks, online]);
  const others = here?.people.filter(({ user }) => user !== client.user) ?? [];
  const named = online <= NAMED && others.length > 0 && others.length === online - 1;
  const searches = talk.role === 'author' && talk.course !== undefined && talk.kind !== 'pair';
  if (online <= 1 && !searches) return null;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="sm" width={300} trapFocus>
      <Popover.Target>
        <button type="button" className={css.online} onClick={() => setOpened(!opened)}>
          <i aria-hidden data-alone={online <= 1 || undefined} />
          {named
            ? t('hereNames', { names: others.map(({ name }) => name).join(', ') })
            : t('online', { count: online, value: format.number(online) })}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        {searches ? (
          <Search client={client} talk={talk} here={others} />
        ) : (
          <People people={others} talk={talk} more={(here?.n ?? 0) - (here?.people.length ?? 0)} />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

/** Those who are here, or, once something is typed, all who belong to the room. */
function Search({
  client,
  talk,
  here,
}: {
  client: RoomClient;
  talk: Talk;
  here: readonly Here['people'][number][];
}) {
  const { t } = useTranslation('chat');
  const [q, setQ] = useState('');
  const words = q.trim();
  const found = useQuery({
    ...peopleQuery(client.room, words),
    enabled: words !== '',
    placeholderData: keepPreviousData,
  });
  const people = words
    ? (found.data?.items ?? []).map(({ id, name, role }) => ({ user: id, name, role }))
    : here;
  return (
    <>
      <TextInput
        size="xs"
        type="search"
        data-autofocus
        aria-label={t('findPerson')}
        placeholder={t('findPerson')}
        value={q}
        maxLength={80}
        onChange={(event) => setQ(event.currentTarget.value)}
      />
      <People people={people.filter(({ user }) => user !== client.user)} talk={talk} more={0} />
    </>
  );
}

function People({
  people,
  talk,
  more,
}: {
  people: readonly Here['people'][number][];
  talk: Talk;
  more: number;
}) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const write = useWriteTo(talk);
  return (
    <ul className={css.people} aria-label={t('whoHere')}>
      {people.length === 0 && <li className="small mut">{t('nobodyHere')}</li>}
      {people.map((person) => (
        <li key={person.user}>
          <Initials name={person.name} id={person.user} size={24} />
          <span className="grow clip">
            <bdi>{person.name}</bdi>
          </span>
          {(person.role === 'author' || person.role === 'moderator') && (
            <span className={css.role}>{t(person.role)}</span>
          )}
          {mayWriteTo(talk, person.role) && (
            <button
              type="button"
              className={css.attach}
              aria-label={t('writeTo', { name: person.name })}
              title={t('writeTo', { name: person.name })}
              onClick={() => write(person.user)}
            >
              <IconMessageCircle size={18} stroke={1.75} aria-hidden />
            </button>
          )}
        </li>
      ))}
      {more > 0 && (
        <li className="small mut">{t('hereMore', { count: more, value: format.number(more) })}</li>
      )}
    </ul>
  );
}
