import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';
import { id } from '~/app/searchText';
import { type CaseKind, caseKinds } from './contract';

export const moderationTabs = ['cases', 'words', 'mutes', 'bans'] as const;
export type ModerationTab = (typeof moderationTabs)[number];
export const isModerationTab = (value: unknown): value is ModerationTab =>
  moderationTabs.includes(value as ModerationTab);

export type ModerationSearch = { tab?: ModerationTab; state?: 'resolved'; kind?: CaseKind };

export function moderationSearch(raw: Record<string, unknown>): ModerationSearch {
  const kind = caseKinds.find((name) => name === raw.kind);
  return {
    ...(isModerationTab(raw.tab) && raw.tab !== 'cases' ? { tab: raw.tab } : {}),
    ...(raw.state === 'resolved' ? { state: 'resolved' as const } : {}),
    ...(kind ? { kind } : {}),
  };
}

export type AuditSearch = { actor?: string; subject?: string; action?: string };

export function auditSearch(raw: Record<string, unknown>): AuditSearch {
  const [actor, subject] = [id(raw.actor), id(raw.subject)];
  const action =
    typeof raw.action === 'string' && /^[\w.:-]{1,64}$/.test(raw.action) ? raw.action : undefined;
  return {
    ...(actor ? { actor } : {}),
    ...(subject ? { subject } : {}),
    ...(action ? { action } : {}),
  };
}

export const moderationRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/moderation',
    validateSearch: moderationSearch,
    component: lazyPage(() => import('./ModerationPage'), 'ModerationPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/admin/audit',
    validateSearch: auditSearch,
    component: lazyPage(() => import('./AuditPage'), 'AuditPage'),
  }),
] as const;
