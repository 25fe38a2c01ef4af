// What surrounds a video, for its author: captions, pictures, chapters, how it is watched.
import { queryOptions } from '@tanstack/react-query';
import { call, send } from '~/api/call';
import { queryClient } from '~/app/queries';
import type { VideoView } from './queries';

/** What newer servers say of a video. */
export type VideoMore = {
  kind?: 'video' | 'listening';
  chapters?: { start_s: number; title: string }[];
  /** Languages with captions. */
  captions?: number;
  skipped?: { from_s: number; to_s: number }[];
  loudness?: { integrated_lufs: number; gain_db: number } | null;
};

export type Caption = { language: string; label: string; cues: number; size: number; updated_at: string };
export type Posters = { items: { index: number; at_s: number; url: string }[]; chosen: number | null };
export type Viewings = {
  viewings: number;
  viewers: number;
  watch_s: number;
  average_percent: number;
  completion_percent: number;
  start_ms_p50: number | null;
  start_ms_p95: number | null;
  stalls_per_hour: number;
  stall_percent: number;
  rungs: { name: string; percent: number }[];
  retention: { bucket_s: number; views: number[] };
};

export const captionsQuery = (video: string) =>
  queryOptions({
    queryKey: ['video', video, 'captions'],
    queryFn: () => send<{ items: Caption[] }>('GET', `/videos/${video}/captions`),
  });

/** The server takes this much. */
export const MOST_CAPTIONS = 1024 * 1024;

export async function putCaptions(video: string, language: string, label: string, file: File) {
  await call<Caption>(
    'PUT',
    `/videos/${video}/captions/${encodeURIComponent(language)}?label=${encodeURIComponent(label)}`,
    { body: file, type: /\.srt$/i.test(file.name) ? 'application/x-subrip' : 'text/vtt' },
  );
  await queryClient.invalidateQueries({ queryKey: captionsQuery(video).queryKey });
}

export async function deleteCaptions(video: string, language: string): Promise<void> {
  await call<void>('DELETE', `/videos/${video}/captions/${encodeURIComponent(language)}`);
  await queryClient.invalidateQueries({ queryKey: captionsQuery(video).queryKey });
}

export const postersQuery = (video: string) =>
  queryOptions({
    queryKey: ['video', video, 'posters'],
    queryFn: () => send<Posters>('GET', `/videos/${video}/posters`),
    // The addresses of the pictures work for an hour.
    staleTime: 10 * 60_000,
  });

export const choosePoster = (video: string, index: number) =>
  send<VideoView>('PUT', `/videos/${video}/poster`, { index });

export const putChapters = (video: string, chapters: { start_s: number; title: string }[]) =>
  send<{ chapters: { start_s: number; title: string }[] }>('PUT', `/videos/${video}/chapters`, {
    chapters,
  });

export const viewingsQuery = (video: string) =>
  queryOptions({
    queryKey: ['video', video, 'viewings'],
    queryFn: () => send<Viewings>('GET', `/videos/${video}/analytics`),
  });
