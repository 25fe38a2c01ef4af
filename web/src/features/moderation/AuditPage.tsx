// `/admin/audit`: what members of the staff did, when and why. Nothing here can be changed.
import { Button, Skeleton, TextInput } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { OnlyFor } from '~/features/identity/OnlyFor';
import { readsAudit } from '~/features/identity/roles';
import { More } from '~/ui/More';
import { Note } from '~/ui/Note';
import { Failed, State } from '~/ui/State';
import { useErrorText } from '~/ui/useErrorText';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { When } from '~/ui/When';
import type { AuditRow } from './contract';
import css from './Moderation.module.css';
import { auditQuery } from './queries';
import type { AuditSearch } from './routes';

const route = getRouteApi('/admin/audit');

export function AuditPage() {
  const { t } = useTranslation('moderation');
  useTitle(t('audit.title'));
  return <OnlyFor may={readsAudit}>{() => <Audit />}</OnlyFor>;
}

function Audit() {
  const { t } = useTranslation(['moderation', 'common']);
  const errorText = useErrorText();
  const navigate = useNavigate();
  const search = route.useSearch();
  const { action, actor, subject } = search;
  const list = useInfiniteQuery(auditQuery({ action, actor, subject }));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const go = (next: AuditSearch) => void navigate({ to: '/admin/audit', search: next });
  const narrowed = action !== undefined || actor !== undefined || subject !== undefined;
  return (
    <div className={`page ${css.page}`}>
      <h1 className="work">{t('audit.title')}</h1>
      <Narrow key={action ?? ''} search={search} go={go} />
      {(actor || subject) && (
        <p className="small">
          {actor ? t('audit.ofActor') : t('audit.ofSubject')}{' '}
          <button type="button" className="link" onClick={() => go(action ? { action } : {})}>
            {t('audit.all')}
          </button>
        </p>
      )}
      {list.isError && !list.data ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : (
        <Waiting
          pending={list.isPending}
          skeleton={<Skeleton height={280} radius="md" />}
          label={t('audit.loading')}
        >
          {list.isError && <Note tone="warn">{errorText(list.error)}</Note>}
          {items.length === 0 ? (
            <State
              icon={<IconHistory size={28} stroke={1.5} />}
              title={narrowed ? t('audit.notFound') : t('audit.none')}
              action={
                narrowed && (
                  <Button variant="default" onClick={() => go({})}>
                    {t('audit.all')}
                  </Button>
                )
              }
            />
          ) : (
            <ul className={css.rows}>
              {items.map((row) => (
                <Row key={row.id} row={row} search={search} />
              ))}
            </ul>
          )}
        </Waiting>
      )}
      <More of={list} />
    </div>
  );
}

function Narrow({ search, go }: { search: AuditSearch; go: (next: AuditSearch) => void }) {
  const { t } = useTranslation('moderation');
  const { action: now, ...rest } = search;
  const [action, setAction] = useState(now ?? '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = action.trim();
    go({ ...rest, ...(wanted ? { action: wanted } : {}) });
  };
  return (
    <form className={css.tools} onSubmit={submit}>
      <TextInput
        className="grow"
        size="xs"
        aria-label={t('audit.action')}
        placeholder={t('audit.actionHint')}
        value={action}
        maxLength={64}
        attributes={{ input: { dir: 'ltr' } }}
        onChange={(event) => setAction(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default">
        {t('audit.find')}
      </Button>
    </form>
  );
}

/** Acts and things by their words; what is newer than this page is shown as the server calls it. */
function useAuditWords() {
  const { t, i18n } = useTranslation('moderation');
  const word = (key: string, plain: string) =>
    i18n.exists(`moderation:${key}`) ? t(key as 'audit.act.chat_ban') : plain;
  return {
    act: (action: string) => word(`audit.act.${action.replaceAll('.', '_')}`, action),
    subject: (kind: string) => word(`audit.subject.${kind}`, kind),
  };
}

function Row({ row, search }: { row: AuditRow; search: AuditSearch }) {
  const { t } = useTranslation('moderation');
  const words = useAuditWords();
  const filled =
    typeof row.details === 'object' && row.details !== null && Object.keys(row.details).length > 0;
  return (
    <li className={css.auditRow}>
      <p className={css.facts}>
        <b className="medium">{words.act(row.action)}</b>
        <code className={css.action}>{row.action}</code>
        <span className="small">
          {row.actor ? (
            <Link to="/admin/audit" search={{ ...search, actor: row.actor.id }} className="link">
              <bdi>{row.actor.name}</bdi>
            </Link>
          ) : (
            t('audit.system')
          )}
        </span>
        <span className="small mut">
          <When at={row.created_at} as="full" />
        </span>
      </p>
      <p className="small mut">
        <Link to="/admin/audit" search={{ ...search, subject: row.subject_id }} className={css.subject ?? ''}>
          <bdi>
            {words.subject(row.subject_kind)}{' '}
            {row.subject_name ? (
              <bdi>{row.subject_name}</bdi>
            ) : (
              <span className={css.id}>{row.subject_id}</span>
            )}
          </bdi>
        </Link>
      </p>
      {row.reason && (
        <p className="small">
          <bdi>{row.reason}</bdi>
        </p>
      )}
      {filled && (
        <details className={css.details}>
          <summary className="small">{t('audit.details')}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard too. */}
          <pre dir="ltr" lang="en" tabIndex={0}>
            {JSON.stringify(row.details, null, 2)}
          </pre>
        </details>
      )}
    </li>
  );
}
