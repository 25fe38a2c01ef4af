// What the entry pages share: taking the answer of the server in, and going on to the page that was wanted.
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { type Schemas, session } from '~/api/client';
import type { Problem } from './rules';

export function useSay() {
  const { t } = useTranslation('identity');
  return useCallback(
    (problem: Problem): string => {
      switch (problem.key) {
        case 'problem.passwordShort':
        case 'problem.codeShort':
          return t(problem.key, { count: problem.count, value: problem.count });
        case 'problem.tooLong':
          return t(problem.key, { max: problem.max });
        default:
          return t(problem.key);
      }
    },
    [t],
  );
}

export function useEnter(next: string | undefined) {
  const navigate = useNavigate();
  return useCallback(
    (answer: Schemas['SignedInView']) => {
      session.accept(answer);
      void navigate({ href: next ?? '/', replace: true });
    },
    [navigate, next],
  );
}
