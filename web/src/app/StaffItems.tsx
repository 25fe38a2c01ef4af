// The rooms of the staff in the account menu, each for those who work there.
import { Menu } from '@mantine/core';
import {
  IconHistory,
  IconListCheck,
  IconMessageQuestion,
  IconShieldCheck,
  IconUsers,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { isAdmin } from '~/features/admin/filters';
import { answers, readsAudit } from '~/features/identity/roles';

export function StaffItems({ roles }: { roles: readonly string[] }): ReactNode {
  const { t } = useTranslation();
  const icon = { size: 18, stroke: 1.75 } as const;
  return (
    <>
      <Menu.Divider />
      {answers(roles) && (
        <>
          <Menu.Item component={Link} to="/desk" leftSection={<IconMessageQuestion {...icon} />}>
            {t('deskLink')}
          </Menu.Item>
          <Menu.Item component={Link} to="/chat/staff" leftSection={<IconUsers {...icon} />}>
            {t('staffRoom')}
          </Menu.Item>
        </>
      )}
      {answers(roles) && (
        <Menu.Item component={Link} to="/moderation" leftSection={<IconShieldCheck {...icon} />}>
          {t('moderation')}
        </Menu.Item>
      )}
      {readsAudit(roles) && (
        <Menu.Item component={Link} to="/admin/audit" leftSection={<IconHistory {...icon} />}>
          {t('audit')}
        </Menu.Item>
      )}
      {isAdmin(roles) && (
        <Menu.Item component={Link} to="/admin/transcodes" leftSection={<IconListCheck {...icon} />}>
          {t('transcodes')}
        </Menu.Item>
      )}
    </>
  );
}
