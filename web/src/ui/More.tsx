// The way to a list's next page, while there is one.
import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

type Props = {
  /** What it needs of an infinite query. */
  of: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  /** Of the box around the button. */
  className?: string | undefined;
  fullWidth?: boolean;
};

export function More({ of, className, fullWidth = false }: Props) {
  const { t } = useTranslation('common');
  if (!of.hasNextPage) return null;
  return (
    <div className={className}>
      <Button
        variant="default"
        fullWidth={fullWidth}
        loading={of.isFetchingNextPage}
        onClick={() => void of.fetchNextPage()}
      >
        {t('more')}
      </Button>
    </div>
  );
}
