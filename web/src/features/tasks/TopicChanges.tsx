// What a topic was called, and when it opened, before each change (CRS-39).
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Failed } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { When } from '~/ui/When';
import { topicChangesQuery } from './queries';
import css from './Topic.module.css';

export function TopicChanges({ topicId }: { topicId: string }) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const changes = useQuery(topicChangesQuery(topicId));
  if (changes.isError) return <Failed error={changes.error} retry={() => void changes.refetch()} />;
  const items = changes.data?.items ?? [];
  if (items.length === 0) return <p className="small mut">{changes.data ? t('topic.noChanges') : ''}</p>;
  return (
    <ol className={css.changes}>
      {items.map((change) => (
        <li key={change.at}>
          <p>
            <bdi>{change.title}</bdi>
            {change.opens_at && (
              <span className="mut">
                {' · '}
                {t('topic.opened', { at: format.dateTime(change.opens_at) })}
              </span>
            )}
          </p>
          <p className="meta mut">
            <bdi>{change.by.name}</bdi>
            {' · '}
            <When at={change.at} as="full" />
          </p>
        </li>
      ))}
    </ol>
  );
}
