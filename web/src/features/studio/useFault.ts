// What a refused draft says beside a field, in the words of the page.
import { isApiError } from '~/api/error';
import { useFieldText } from '~/ui/useErrorText';
import type { DraftStatus } from './draft';

export function useFault(status: DraftStatus, error: unknown): (field: string) => string | undefined {
  const fieldText = useFieldText();
  return (field) => {
    const problem = status === 'refused' && isApiError(error) ? error.field(field) : undefined;
    return problem && fieldText(problem);
  };
}
