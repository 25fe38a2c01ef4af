// Asking: one sentence that others will find, the details, and for a lesson the moment of the video.
import { Button, Checkbox, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { useSession } from '~/features/identity/session';
import { Dialog } from '~/ui/Dialog';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useErrorText, useFieldText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useIntent } from '~/ui/useIntent';
import { useKept } from '~/ui/useKept';
import { LONGEST, type Place, SHORTEST, type Thread } from './contract';
import css from './Forum.module.css';
import { openThread } from './queries';

type Props = {
  place: Place;
  /** Where the video stands, seconds. */
  second?: number | undefined;
  close: () => void;
  done: (thread: Thread) => void;
};

export function NewThread({ place, second, close, done }: Props) {
  const { t } = useTranslation(['forum', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const fieldText = useFieldText();
  const kept = `ilm.ask.${useSession().me?.id}.${place.kind === 'question' ? place.lesson : place.course}`;
  const [title, setTitle, forgetTitle] = useKept(`${kept}.title`);
  const [body, setBody, forgetBody] = useKept(kept);
  const [withAt, setWithAt] = useState(second !== undefined && second > 0);
  const [left, setLeft] = useState(false);
  const at =
    place.kind === 'question' && withAt && second !== undefined
      ? { lesson: place.lesson, second: Math.floor(second) }
      : undefined;
  // One id an intent: a repeated request opens no second thread.
  const intent = useIntent();
  const open = useMutation({
    mutationFn: () =>
      openThread(place, {
        title: title.trim(),
        body: body.trim(),
        ...(at ? { at } : {}),
        client_id: intent(JSON.stringify([title.trim(), body.trim(), at])),
      }),
    onSuccess: (thread) => {
      forgetTitle();
      forgetBody();
      done(thread);
    },
  });
  const short = [...title.trim()].length < SHORTEST;
  const field = (name: string) => {
    const theirs = isApiError(open.error) ? open.error.field(name) : undefined;
    return theirs && fieldText(theirs);
  };
  const known = field('title') !== undefined || field('body') !== undefined;
  const submit = () => {
    setLeft(true);
    if (!short && body.trim() && !open.isPending) open.mutate();
  };
  return (
    <Dialog title={t(`new.${place.kind}`)} size="lg" close={close}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextInput
          label={t('new.title')}
          description={t('new.titleHelp')}
          value={title}
          maxLength={LONGEST}
          data-autofocus
          {...asTyped(title)}
          error={
            field('title') ?? (left && short ? t(title.trim() ? 'new.short' : 'new.missing') : undefined)
          }
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Textarea
          label={t('new.body')}
          description={t('new.bodyHelp')}
          value={body}
          maxLength={4000}
          autosize
          minRows={5}
          maxRows={14}
          {...asTyped(body)}
          error={field('body') ?? (left && !body.trim() ? t('new.missing') : undefined)}
          onChange={(event) => setBody(event.currentTarget.value)}
        />
        {place.kind === 'question' && second !== undefined && second > 0 && (
          <Checkbox
            label={t('new.at', { at: format.clock(second) })}
            checked={withAt}
            onChange={(event) => setWithAt(event.currentTarget.checked)}
          />
        )}
        {open.isError && !known && <Note tone="bad">{errorText(open.error)}</Note>}
        <div className={css.actions}>
          <Button variant="default" onClick={close}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" loading={open.isPending}>
            {t('new.send')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
