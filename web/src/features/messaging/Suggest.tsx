// What the composer suggests while one types: people after an @, templates after a slash.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Initials } from '~/ui/Initials';
import css from './Chat.module.css';
import { mentionAt, type Person } from './marks';
import { peopleQuery } from './queries';

/** Words that can be put in with a slash. */
export type Template = { id: string; title: string; body: string };

export type Suggestion =
  | { kind: 'person'; id: string; person: Person; from: number }
  | { kind: 'template'; id: string; template: Template };

const MOST = 6;

/** What can be put in at the cursor, and which of it is chosen. */
export function useSuggestions(
  room: string,
  me: string,
  text: string,
  cursor: number,
  templates: readonly Template[],
) {
  const [closed, setClosed] = useState('');
  const [index, setIndex] = useState(0);
  const mention = mentionAt(text, cursor);
  const people = useQuery({
    ...peopleQuery(room, mention?.q ?? ''),
    enabled: mention !== undefined && closed !== text,
    placeholderData: keepPreviousData,
  });
  const list = useMemo((): Suggestion[] => {
    if (closed === text) return [];
    if (mention) {
      const q = mention.q.toLocaleLowerCase();
      return (people.data?.items ?? [])
        .filter(({ id, name }) => id !== me && name.toLocaleLowerCase().includes(q) && name !== mention.q)
        .slice(0, MOST)
        .map((person) => ({ kind: 'person', id: person.id, person, from: mention.from }));
    }
    const slash = /^\/(\S*)$/u.exec(text);
    if (!slash) return [];
    const q = (slash[1] ?? '').toLocaleLowerCase();
    return templates
      .filter(({ title }) => title.toLocaleLowerCase().includes(q))
      .slice(0, MOST)
      .map((template) => ({ kind: 'template', id: template.id, template }));
  }, [closed, text, mention, people.data, me, templates]);
  const at = Math.min(index, Math.max(0, list.length - 1));
  return {
    list,
    chosen: list[at],
    step: (by: number) => setIndex((at + by + list.length) % Math.max(1, list.length)),
    close: () => setClosed(text),
  };
}

type Props = {
  id: string;
  list: readonly Suggestion[];
  chosen: Suggestion | undefined;
  take: (suggestion: Suggestion) => void;
};

export function Suggestions({ id, list, chosen, take }: Props) {
  const { t } = useTranslation('chat');
  if (list.length === 0) return null;
  return (
    // The field keeps the focus and names the chosen one; see the ARIA pattern of a combobox.
    <div className={css.suggestions} role="listbox" id={id} aria-label={t('suggestions')}>
      {list.map((one) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are heard by the field, which has the focus.
        <div
          key={one.id}
          id={`${id}-${one.id}`}
          role="option"
          aria-selected={one === chosen}
          tabIndex={-1}
          // The field keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => take(one)}
        >
          {one.kind === 'person' ? (
            <>
              <Initials name={one.person.name} id={one.person.id} size={24} />
              <bdi>{one.person.name}</bdi>
            </>
          ) : (
            <span className={css.template}>
              <b dir="auto">{one.template.title}</b>
              <span className="micro mut clip" dir="auto">
                {one.template.body}
              </span>
            </span>
          )}
        </div>
      ))}
    </div>
  );
}
