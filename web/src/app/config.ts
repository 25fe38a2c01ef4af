// What the server tells every client about itself.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, body, type Schemas } from '~/api/client';

export type Config = Schemas['SiteConfig'];

export const configQuery = queryOptions({
  queryKey: ['config'],
  queryFn: () => body<Config>(api.GET('/config')),
  staleTime: Number.POSITIVE_INFINITY,
});

export const useConfig = (): Config | undefined => useQuery(configQuery).data;
