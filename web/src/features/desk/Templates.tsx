// Answer templates: the first few as chips above the composer, all of them behind "/", and the dialog to keep them.
import { Button, Checkbox, Combobox, Textarea, TextInput, useCombobox } from '@mantine/core';
import { IconPencil, IconPlus, IconSlash, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isStaff } from '~/features/identity/roles';
import { useSession } from '~/features/identity/session';
import { Dialog } from '~/ui/Dialog';
import { Note } from '~/ui/Note';
import { Failed } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import type { DeskTemplate } from './contract';
import css from './Desk.module.css';
import { addTemplate, changeTemplate, dropTemplate, type TemplateDraft, templatesQuery } from './queries';

/** So many chips; the rest is in the menu. */
const CHIPS = 4;

type Props = { opened: boolean; setOpened: (on: boolean) => void; pick: (body: string) => void };

export function Templates({ opened, setOpened, pick }: Props) {
  const { t } = useTranslation('desk');
  const templates = useQuery(templatesQuery);
  const items = templates.data?.items ?? [];
  const [managing, setManaging] = useState(false);
  return (
    <div className={css.tools}>
      <div className={css.chips}>
        {items.slice(0, CHIPS).map((item) => (
          <button
            key={item.id}
            type="button"
            className={css.chip}
            title={item.body}
            onClick={() => pick(item.body)}
          >
            <bdi>{item.title}</bdi>
          </button>
        ))}
      </div>
      <Choice
        items={items}
        opened={opened}
        setOpened={setOpened}
        pick={pick}
        manage={() => setManaging(true)}
        error={templates.error}
      />
      {managing && <Manage close={() => setManaging(false)} retry={() => void templates.refetch()} />}
      <span className="hidden" aria-live="polite">
        {opened ? t('templates.title') : ''}
      </span>
    </div>
  );
}

/** The menu of "/": a list that narrows as one types. */
function Choice({
  items,
  opened,
  setOpened,
  pick,
  manage,
  error,
}: Props & { items: DeskTemplate[]; manage: () => void; error: unknown }) {
  const { t } = useTranslation('desk');
  const errorText = useErrorText();
  const [q, setQ] = useState('');
  const box = useCombobox({
    opened,
    onOpenedChange: setOpened,
    onDropdownOpen: () => box.focusSearchInput(),
    onDropdownClose: () => {
      box.resetSelectedOption();
      setQ('');
    },
  });
  const focus = useRef(box.focusSearchInput);
  focus.current = box.focusSearchInput;
  useEffect(() => {
    if (opened) focus.current();
  }, [opened]);
  const wanted = q.trim().toLocaleLowerCase();
  const found = items.filter(
    (item) =>
      item.title.toLocaleLowerCase().includes(wanted) || item.body.toLocaleLowerCase().includes(wanted),
  );
  return (
    <Combobox
      store={box}
      width={320}
      position="top-end"
      shadow="sm"
      withinPortal={false}
      onOptionSubmit={(value) => {
        setOpened(false);
        if (value === 'manage') return manage();
        const item = items.find((one) => one.id === value);
        if (item) pick(item.body);
      }}
    >
      <Combobox.Target targetType="button" withAriaAttributes={false}>
        <button
          type="button"
          className={css.slash}
          aria-haspopup="listbox"
          aria-expanded={opened}
          aria-keyshortcuts="/"
          onClick={() => setOpened(!opened)}
        >
          <IconSlash size={16} stroke={1.75} aria-hidden />
          {t('templates.all')}
        </button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={q}
          onChange={(event) => {
            setQ(event.currentTarget.value);
            box.selectFirstOption();
          }}
          placeholder={t('templates.find')}
          aria-label={t('templates.find')}
        />
        <Combobox.Options className={css.options} aria-label={t('templates.title')}>
          {error != null && <Combobox.Empty>{errorText(error)}</Combobox.Empty>}
          {error == null && found.length === 0 && (
            <Combobox.Empty>
              {items.length === 0 ? t('templates.none') : t('templates.notFound')}
            </Combobox.Empty>
          )}
          {found.map((item) => (
            <Combobox.Option key={item.id} value={item.id}>
              <span className={css.option} dir="auto">
                <b>{item.title}</b>
                <span className="meta mut two-lines">{item.body}</span>
              </span>
            </Combobox.Option>
          ))}
          <Combobox.Option value="manage">
            <span className="row">
              <IconPencil size={16} stroke={1.75} aria-hidden />
              {t('templates.manage')}
            </span>
          </Combobox.Option>
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

function Manage({ close, retry }: { close: () => void; retry: () => void }) {
  const { t } = useTranslation(['desk', 'common']);
  const templates = useQuery(templatesQuery);
  const items = templates.data?.items ?? [];
  /** `new`, the one that is being changed, or the list. */
  const [edited, setEdited] = useState<DeskTemplate | 'new' | undefined>(undefined);
  return (
    <Dialog
      close={close}
      size="lg"
      title={
        edited === undefined
          ? t('templates.title')
          : edited === 'new'
            ? t('templates.new')
            : t('templates.change')
      }
    >
      {edited !== undefined ? (
        <Edit
          key={edited === 'new' ? '' : edited.id}
          template={edited === 'new' ? undefined : edited}
          done={() => setEdited(undefined)}
        />
      ) : templates.isError && !templates.data ? (
        <Failed error={templates.error} retry={retry} />
      ) : (
        <div className={css.form}>
          {items.length === 0 && <p className="mut">{t('templates.noneText')}</p>}
          <ul className={css.kept}>
            {items.map((item) => (
              <Kept key={item.id} item={item} edit={() => setEdited(item)} />
            ))}
          </ul>
          <div>
            <Button
              leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
              onClick={() => setEdited('new')}
            >
              {t('templates.new')}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

/** What the whole staff has is written by the staff; authors have their own. */
const useMayShare = (): boolean => isStaff(useSession().me?.roles);

function Kept({ item, edit }: { item: DeskTemplate; edit: () => void }) {
  const { t } = useTranslation(['desk', 'common']);
  const mayShare = useMayShare();
  const errorText = useErrorText();
  const drop = useMutation({
    mutationFn: () => dropTemplate(item.id),
    onSuccess: () =>
      toast({
        text: t('templates.dropped'),
        action: {
          label: t('common:undo'),
          run: () => void addTemplate({ title: item.title, body: item.body, shared: item.shared }),
        },
      }),
  });
  return (
    <li className={css.keptRow}>
      <div className="grow" dir="auto">
        <p className="medium">
          {item.title} {item.shared && <Tag tone="outline">{t('templates.shared')}</Tag>}
        </p>
        <p className="small mut two-lines">{item.body}</p>
        {drop.isError && <Note tone="bad">{errorText(drop.error)}</Note>}
      </div>
      {(mayShare || !item.shared) && (
        <>
          <button
            type="button"
            className={css.icon}
            aria-label={t('templates.changeOf', { title: item.title })}
            onClick={edit}
          >
            <IconPencil size={18} stroke={1.75} />
          </button>
          <button
            type="button"
            className={css.icon}
            aria-label={t('templates.dropOf', { title: item.title })}
            disabled={drop.isPending}
            onClick={() => drop.mutate()}
          >
            <IconTrash size={18} stroke={1.75} />
          </button>
        </>
      )}
    </li>
  );
}

function Edit({ template, done }: { template: DeskTemplate | undefined; done: () => void }) {
  const { t } = useTranslation(['desk', 'common']);
  const mayShare = useMayShare();
  const errorText = useErrorText();
  const [draft, setDraft] = useState<TemplateDraft>({
    title: template?.title ?? '',
    body: template?.body ?? '',
    shared: template?.shared ?? false,
  });
  const [left, setLeft] = useState(false);
  const keep = useMutation({
    mutationFn: () => (template ? changeTemplate(template.id, draft) : addTemplate(draft)),
    onSuccess: done,
  });
  const set = (part: Partial<TemplateDraft>) => setDraft((old) => ({ ...old, ...part }));
  const missing = (text: string) => (left && text.trim() === '' ? t('templates.missing') : undefined);
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        setLeft(true);
        if (draft.title.trim() && draft.body.trim() && !keep.isPending) keep.mutate();
      }}
    >
      <TextInput
        label={t('templates.name')}
        value={draft.title}
        maxLength={80}
        data-autofocus
        {...asTyped(draft.title)}
        error={missing(draft.title)}
        onChange={(event) => set({ title: event.currentTarget.value })}
      />
      <Textarea
        label={t('templates.body')}
        description={t('templates.bodyHelp', { name: '{name}' })}
        value={draft.body}
        maxLength={4000}
        minRows={5}
        autosize
        maxRows={14}
        {...asTyped(draft.body)}
        error={missing(draft.body)}
        onChange={(event) => set({ body: event.currentTarget.value })}
      />
      {mayShare && (
        <Checkbox
          label={t('templates.forAll')}
          checked={draft.shared}
          onChange={(event) => set({ shared: event.currentTarget.checked })}
        />
      )}
      {keep.isError && <Note tone="bad">{errorText(keep.error)}</Note>}
      <div className={css.actions}>
        <Button variant="default" onClick={done}>
          {t('common:back')}
        </Button>
        <Button type="submit" loading={keep.isPending}>
          {t('common:save')}
        </Button>
      </div>
    </form>
  );
}
