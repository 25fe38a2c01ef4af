// Who changed a task, when and why; a version beside the one before it.
import { Button, Skeleton } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { StudioTask } from '~/features/tasks/contract';
import { Failed, State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { When } from '~/ui/When';
import { compare, differs } from './compare';
import { useDescription } from './describe';
import { isJudgedByKey, Regrade } from './Regrade';
import { versionsQuery } from './studioTasks';
import css from './TaskEditor.module.css';

export function Versions({ task }: { task: StudioTask }) {
  const { t } = useTranslation('taskEditor');
  const versions = useQuery(versionsQuery(task.id));
  if (versions.isError) {
    return <Failed error={versions.error} retry={() => void versions.refetch()} />;
  }
  if (!versions.data) return <Skeleton height={120} radius="md" />;
  const items = [...versions.data.items].sort((one, two) => two.version - one.version);
  if (items.length === 0) {
    return <State icon={<IconHistory size={28} stroke={1.5} />} title={t('noVersions')} />;
  }
  return (
    <>
      {isJudgedByKey(task) && <Regrade key={task.version} task={task} />}
      <List task={task} items={items} />
    </>
  );
}

function List({ task, items }: { task: StudioTask; items: readonly StudioTask[] }) {
  const { t } = useTranslation('taskEditor');
  const format = useFormat();
  const [shown, setShown] = useState<number | undefined>(undefined);
  return (
    <ol className={css.versions}>
      {items.map((item, index) => {
        const before = items[index + 1];
        const open = shown === item.version;
        return (
          <li key={item.version}>
            <p className={css.versionHead}>
              <b>{t('version', { value: format.number(item.version) })}</b>
              {item.version === task.version && <span className={css.chip}>{t('present')}</span>}
              <span className="mut">
                <bdi>{item.edited_by.name}</bdi>
                {' · '}
                <When at={item.edited_at} as="full" />
              </span>
            </p>
            {item.note && (
              <p dir="auto" className={css.note}>
                {item.note}
              </p>
            )}
            {before ? (
              <>
                <Button
                  size="xs"
                  variant="subtle"
                  aria-expanded={open}
                  onClick={() => setShown(open ? undefined : item.version)}
                >
                  {open ? t('hideChanges') : t('showChanges', { value: format.number(before.version) })}
                </Button>
                {open && <Changes before={before} after={item} />}
              </>
            ) : (
              <p className="meta mut">{t('firstVersion')}</p>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function Changes({ before, after }: { before: StudioTask; after: StudioTask }) {
  const { t } = useTranslation('taskEditor');
  const describe = useDescription();
  const old = describe(before);
  const changed = describe(after).flatMap(({ name, lines }) => {
    const found = compare(old.find((section) => section.name === name)?.lines ?? [], lines);
    return differs(found) ? [{ name, lines: found }] : [];
  });
  if (changed.length === 0) return <p className="small mut">{t('noChanges')}</p>;
  return (
    <div className={css.changes}>
      {changed.map(({ name, lines }) => (
        <section key={name} aria-label={t(`section.${name}`)}>
          <h2 className={css.small}>{t(`section.${name}`)}</h2>
          {lines.map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line has nothing but its place.
            <p key={at} dir="auto" className={css[`line_${line.kind}`]}>
              {line.kind !== 'same' && (
                <span className="hidden">{t(line.kind === 'new' ? 'lineNew' : 'lineGone')}: </span>
              )}
              {line.kind === 'gone' ? (
                <del>{line.text}</del>
              ) : line.kind === 'new' ? (
                <ins>{line.text}</ins>
              ) : (
                line.text
              )}
            </p>
          ))}
        </section>
      ))}
    </div>
  );
}
