// What surrounds a video, for its author: captions, pictures, chapters, how it is watched.
import { queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { api, body, type Schemas } from '~/api/client';
import { queryClient } from '~/app/queries';

export type Viewings = Schemas['VideoAnalytics'];

export const captionsQuery = (video: string) =>
  queryOptions({
    queryKey: ['video', video, 'captions'],
    queryFn: () => body(api.GET('/videos/{id}/captions', { params: { path: { id: video } } })),
  });

/** The server takes this much. */
export const MOST_CAPTIONS = 1024 * 1024;

export async function putCaptions(video: string, language: string, label: string, file: File) {
  await call<Schemas['Caption']>(
    'PUT',
    `/videos/${video}/captions/${encodeURIComponent(language)}?label=${encodeURIComponent(label)}`,
    { body: file, type: /\.srt$/i.test(file.name) ? 'application/x-subrip' : 'text/vtt' },
  );
  await queryClient.invalidateQueries({ queryKey: captionsQuery(video).queryKey });
}

export async function deleteCaptions(video: string, language: string): Promise<void> {
  await api.DELETE('/videos/{id}/captions/{language}', { params: { path: { id: video, language } } });
  await queryClient.invalidateQueries({ queryKey: captionsQuery(video).queryKey });
}

export const postersQuery = (video: string) =>
  queryOptions({
    queryKey: ['video', video, 'posters'],
    queryFn: () => body(api.GET('/videos/{id}/posters', { params: { path: { id: video } } })),
    // The addresses of the pictures work for an hour.
    staleTime: 10 * 60_000,
  });

export const choosePoster = (video: string, index: number) =>
  body(api.PUT('/videos/{id}/poster', { params: { path: { id: video } }, body: { index } }));

export const putChapters = (video: string, chapters: Schemas['Chapter'][]) =>
  body(api.PUT('/videos/{id}/chapters', { params: { path: { id: video } }, body: { chapters } }));

export const viewingsQuery = (video: string) =>
  queryOptions({
    queryKey: ['video', video, 'viewings'],
    queryFn: () => body(api.GET('/videos/{id}/analytics', { params: { path: { id: video } } })),
  });
