// What a task asks for and when it is right: the fields of its kind.
import { NumberInput, TagsInput, Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type {
  Body,
  ChoiceBody,
  ChoiceKey,
  FileBody,
  FreeBody,
  Key,
  MatchBody,
  MatchKey,
  NumberKey,
  OpenKey,
  OrderBody,
  OrderKey,
  StudioTask,
  TextKey,
} from '~/features/tasks/contract';
import { asTyped } from '~/ui/typedDir';
import { ChoiceFields, MatchFields, OrderFields } from './ListKeyFields';
import { NumberKeyFields } from './NumberKeyFields';
import css from './TaskEditor.module.css';
import { TextKeyFields } from './TextKeyFields';

type Props = {
  task: Pick<StudioTask, 'kind' | 'body' | 'key'>;
  change: (part: { body?: Body; key?: Key }) => void;
};

export function KeyFields({ task, change }: Props) {
  const { body, key } = task;
  switch (task.kind) {
    case 'number':
      return (
        <NumberKeyFields
          value={key as NumberKey}
          change={(next) =>
            change({
              key: next,
              // What learners see of it follows from the key.
              body: { unit: next.unit, units: next.units.map(({ spelling }) => spelling) },
            })
          }
        />
      );
    case 'text':
      return <TextKeyFields value={key as TextKey} change={(next) => change({ key: next })} />;
    case 'choice':
    case 'choices':
      return (
        <ChoiceFields
          several={task.kind === 'choices'}
          value={{ body: body as ChoiceBody, key: key as ChoiceKey }}
          change={change}
        />
      );
    case 'order':
      return <OrderFields value={{ body: body as OrderBody, key: key as OrderKey }} change={change} />;
    case 'match':
      return <MatchFields value={{ body: body as MatchBody, key: key as MatchKey }} change={change} />;
    case 'free':
    case 'file':
      return <OpenFields task={task} change={change} />;
  }
}

function OpenFields({ task, change }: Props) {
  const { t } = useTranslation('taskEditor');
  const { rubric } = task.key as OpenKey;
  const free = task.body as FreeBody;
  const file = task.body as FileBody;
  return (
    <>
      {task.kind === 'free' ? (
        <NumberInput
          className={css.half ?? ''}
          label={t('open.maxChars')}
          value={free.max_chars}
          min={1}
          max={20_000}
          allowDecimal={false}
          allowNegative={false}
          onChange={(max) => typeof max === 'number' && change({ body: { max_chars: max } })}
        />
      ) : (
        <>
          <div className={css.pair}>
            <NumberInput
              label={t('open.maxFiles')}
              value={file.max_files}
              min={1}
              max={10}
              allowDecimal={false}
              allowNegative={false}
              onChange={(max) => typeof max === 'number' && change({ body: { ...file, max_files: max } })}
            />
            <NumberInput
              label={t('open.maxMb')}
              value={file.max_mb}
              min={1}
              max={100}
              allowDecimal={false}
              allowNegative={false}
              onChange={(max) => typeof max === 'number' && change({ body: { ...file, max_mb: max } })}
            />
          </div>
          <TagsInput
            label={t('open.types')}
            description={t('open.typesHelp')}
            value={file.types}
            maxTags={20}
            onChange={(types) =>
              change({ body: { ...file, types: types.map((type) => type.replace(/^\./, '').toLowerCase()) } })
            }
          />
        </>
      )}
      <Textarea
        label={t('open.rubric')}
        description={t('open.rubricHelp')}
        value={rubric ?? ''}
        autosize
        minRows={3}
        maxLength={10_000}
        {...asTyped(rubric)}
        onChange={(event) => change({ key: { rubric: event.currentTarget.value || null } })}
      />
    </>
  );
}
