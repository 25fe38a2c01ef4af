// The people whose messages one does not see, as a part of one's profile: the way back for every block.
import { Button, Skeleton } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import css from '~/features/identity/ProfilePage.module.css';
import { Initials } from '~/ui/Initials';
import { Note } from '~/ui/Note';
import { Failed } from '~/ui/State';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { Waiting } from '~/ui/Waiting';
import { block, blocksQuery } from './queries';

export function BlocksPart() {
  const { t } = useTranslation('identity');
  const format = useFormat();
  const errorText = useErrorText();
  const blocks = useQuery(blocksQuery);
  const lift = useMutation({
    mutationFn: ({ id }: { id: string; name: string }) => block(id, false),
    onSuccess: (_, { name }) => toast({ text: t('profile.unblocked', { name }) }),
  });
  return (
    <section className={css.part}>
      <div>
        <h2>{t('profile.blocks')}</h2>
        <p className={css.lead}>{t('profile.blocksText')}</p>
      </div>
      <div>
        {blocks.isError && <Failed error={blocks.error} retry={() => void blocks.refetch()} />}
        <Waiting pending={blocks.isPending} skeleton={<Skeleton height={40} />}>
          {blocks.data?.items.length === 0 && <p className="mut">{t('profile.noBlocks')}</p>}
          <ul className={css.sessions}>
            {blocks.data?.items.map((person) => (
              <li key={person.id} data-blocked={person.id}>
                <Initials name={person.name} id={person.id} />
                <div className="grow">
                  <bdi className="medium">{person.name}</bdi>
                  <p className="meta mut">
                    {t('profile.blockedSince', { when: format.near(person.created_at) })}
                  </p>
                </div>
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`${t('profile.unblock')}: ${person.name}`}
                  aria-busy={lift.isPending && lift.variables.id === person.id}
                  onClick={() => lift.mutate(person)}
                >
                  {t('profile.unblock')}
                </Button>
              </li>
            ))}
          </ul>
        </Waiting>
        {lift.isError && <Note tone="bad">{errorText(lift.error)}</Note>}
      </div>
    </section>
  );
}
