// The still picture of a video: one of several frames.
import { Skeleton } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { showVideo, type VideoView } from './queries';
import { choosePoster, postersQuery } from './videoCalls';

export function PosterPart({ courseId, video }: { courseId: string; video: VideoView }) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const client = useQueryClient();
  const { queryKey } = postersQuery(video.id);
  const posters = useQuery(postersQuery(video.id));
  const choose = useMutation({
    mutationFn: (index: number) => choosePoster(video.id, index),
    onMutate: (index) => {
      const before = client.getQueryData(queryKey);
      client.setQueryData(queryKey, (old) => (old ? { ...old, chosen: index } : old));
      return before;
    },
    onError: (_error, _index, before) => before && client.setQueryData(queryKey, before),
    onSuccess: (fresh) => showVideo(courseId, fresh),
  });
  if (posters.data?.items.length === 0) return null;
  return (
    <fieldset className={css.field}>
      <legend className={css.label}>{t('poster.title')}</legend>
      {posters.isError && !posters.data ? (
        <Note tone="bad">
          {errorText(posters.error)}{' '}
          <button type="button" className="link" onClick={() => void posters.refetch()}>
            {t('common:retry')}
          </button>
        </Note>
      ) : !posters.data ? (
        <Skeleton height={90} />
      ) : (
        <div className={css.posters}>
          {posters.data.items.map((item) => (
            <label key={item.index} className={css.poster}>
              <input
                type="radio"
                name={`poster-${video.id}`}
                checked={posters.data.chosen === item.index}
                onChange={() => choose.mutate(item.index)}
              />
              <img src={item.url} alt="" loading="lazy" />
              <span>
                <span className="hidden">{t('poster.at')} </span>
                <bdi>{format.clock(item.at_s)}</bdi>
              </span>
            </label>
          ))}
        </div>
      )}
      {choose.isError && <Note tone="bad">{errorText(choose.error)}</Note>}
    </fieldset>
  );
}
