// `/moderation`: what was reported or held, the words that are not allowed, who may not write or enter (MSG-07).
import { SegmentedControl, Select, Skeleton, Tabs } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { OnlyFor } from '~/features/identity/OnlyFor';
import { keepsWords, looksThrough } from '~/features/identity/roles';
import type { Me } from '~/features/identity/session';
import { More } from '~/ui/More';
import { Note } from '~/ui/Note';
import { Failed, Forbidden, State } from '~/ui/State';
import { useErrorText } from '~/ui/useErrorText';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { Bans } from './Bans';
import { CaseCard } from './CaseCard';
import { caseKinds } from './contract';
import css from './Moderation.module.css';
import { Mutes } from './Mutes';
import { casesQuery } from './queries';
import { isModerationTab, type ModerationSearch, moderationTabs } from './routes';
import { Words } from './Words';

const route = getRouteApi('/moderation');

export function ModerationPage() {
  const { t } = useTranslation('moderation');
  useTitle(t('title'));
  return <OnlyFor may={looksThrough}>{(me) => <Inside me={me} />}</OnlyFor>;
}

function Inside({ me }: { me: Me }) {
  const { t } = useTranslation('moderation');
  const navigate = useNavigate();
  const search = route.useSearch();
  const { tab = 'cases' } = search;
  const tabs = moderationTabs.filter((name) => name !== 'words' || keepsWords(me.roles));
  const go = (next: ModerationSearch) => void navigate({ to: '/moderation', search: next, replace: true });
  return (
    <div className={`page ${css.page}`}>
      <h1 className="work">{t('title')}</h1>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) => go(isModerationTab(value) && value !== 'cases' ? { tab: value } : {})}
      >
        <Tabs.List mb="md">
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="cases">
          <Cases search={search} go={go} />
        </Tabs.Panel>
        <Tabs.Panel value="words">{keepsWords(me.roles) ? <Words /> : <Forbidden />}</Tabs.Panel>
        <Tabs.Panel value="mutes">
          <Mutes />
        </Tabs.Panel>
        <Tabs.Panel value="bans">
          <Bans />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

function Cases({ search, go }: { search: ModerationSearch; go: (next: ModerationSearch) => void }) {
  const { t } = useTranslation(['moderation', 'common']);
  const errorText = useErrorText();
  const { state = 'open', kind } = search;
  const list = useInfiniteQuery(casesQuery({ state, kind }));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className={css.part}>
      <div className={css.tools}>
        <SegmentedControl
          aria-label={t('show')}
          data={(['open', 'resolved'] as const).map((value) => ({ value, label: t(`state.${value}`) }))}
          value={state}
          onChange={(value) =>
            go({ ...(kind ? { kind } : {}), ...(value === 'resolved' ? { state: 'resolved' } : {}) })
          }
        />
        <Select
          size="xs"
          aria-label={t('field.kind')}
          placeholder={t('field.kind')}
          clearable
          data={caseKinds.map((value) => ({ value, label: t(`kind.${value}`) }))}
          value={kind ?? null}
          onChange={(value) => {
            const chosen = caseKinds.find((name) => name === value);
            go({ ...(state === 'resolved' ? { state } : {}), ...(chosen ? { kind: chosen } : {}) });
          }}
        />
      </div>
      {list.isError && !list.data ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : (
        <Waiting
          pending={list.isPending}
          skeleton={<Skeleton height={240} radius="md" />}
          label={t('loading')}
        >
          {list.isError && <Note tone="warn">{errorText(list.error)}</Note>}
          {items.length === 0 ? (
            <State icon={<IconShieldCheck size={28} stroke={1.5} />} title={t(`none.${state}`)}>
              {state === 'open' ? t('none.openText') : undefined}
            </State>
          ) : (
            <ul className={css.cases}>
              {items.map((one) => (
                <CaseCard key={`${one.kind} ${one.id}`} one={one} />
              ))}
            </ul>
          )}
        </Waiting>
      )}
      <More of={list} />
    </div>
  );
}
