// A dialog and a drawer whose heads are no banner: readers would hear a second header of the page.
import { Drawer, type DrawerRootProps, Modal, type ModalRootProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import css from './Dialog.module.css';

type Props = { title: ReactNode; close: () => void; children: ReactNode };

export function Dialog({ title, close, size, children }: Props & Pick<ModalRootProps, 'size'>) {
  const { t } = useTranslation();
  return (
    <Modal.Root opened onClose={close} {...(size === undefined ? {} : { size })}>
      <Modal.Overlay />
      <Modal.Content radius="xl">
        <div className={css.head}>
          <Modal.Title className="grow">{title}</Modal.Title>
          <Modal.CloseButton aria-label={t('close')} />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/** From the end side, for details. */
export function SideDrawer({ title, close, size, children }: Props & Pick<DrawerRootProps, 'size'>) {
  const { t } = useTranslation();
  return (
    <Drawer.Root opened onClose={close} position="right" {...(size === undefined ? {} : { size })}>
      <Drawer.Overlay />
      <Drawer.Content>
        <div className={css.head}>
          <Drawer.Title className="grow">{title}</Drawer.Title>
          <Drawer.CloseButton aria-label={t('close')} />
        </div>
        <Drawer.Body>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
