// The state of a thing as a badge: tint, icon and word. One table for every state machine of the product.
import {
  IconAlertTriangle,
  IconArchive,
  IconBan,
  IconCertificate,
  IconCircleCheck,
  IconCircleDashed,
  IconClock,
  IconCpu,
  IconHourglass,
  IconPencil,
  IconPlayerPause,
  IconReceiptRefund,
  IconScan,
  IconSchool,
  IconSend,
  IconUpload,
  IconWorld,
  IconX,
} from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import css from './Status.module.css';

export type Tone = 'grey' | 'outline' | 'info' | 'ok' | 'warn' | 'bad';
type Icon = ComponentType<{ size?: number | string; stroke?: number | string }>;

const machines = {
  account: {
    active: ['ok', IconCircleCheck],
    pending: ['warn', IconClock],
    suspended: ['warn', IconHourglass],
    banned: ['bad', IconBan],
  },
  course: {
    draft: ['grey', IconPencil],
    on_moderation: ['warn', IconHourglass],
    moderation_failed: ['bad', IconAlertTriangle],
    published: ['ok', IconWorld],
    archived: ['outline', IconArchive],
    blocked: ['bad', IconBan],
  },
  lesson: {
    drafted: ['grey', IconPencil],
    submitted: ['info', IconSend],
    processed: ['info', IconCpu],
    done: ['ok', IconCircleCheck],
  },
  enrollment: {
    enrolled: ['grey', IconSchool],
    in_progress: ['info', IconCircleDashed],
    completed: ['ok', IconCircleCheck],
    certified: ['ok', IconCertificate],
  },
  operation: {
    success: ['ok', IconCircleCheck],
    pending: ['warn', IconClock],
    refund: ['grey', IconReceiptRefund],
    canceled: ['grey', IconX],
  },
  video: {
    uploading: ['grey', IconUpload],
    paused: ['warn', IconPlayerPause],
    queued: ['grey', IconClock],
    probing: ['info', IconScan],
    transcoding: ['info', IconCpu],
    ready: ['ok', IconCircleCheck],
    failed: ['bad', IconAlertTriangle],
    cancelled: ['grey', IconX],
  },
} satisfies Record<string, Record<string, readonly [Tone, Icon]>>;

type Machines = typeof machines;
type Props = {
  [M in keyof Machines]: { of: M; state: keyof Machines[M] & string };
}[keyof Machines] & {
  /** Replaces the word, for a state with a date or a number in it ("In progress, 31%"). */
  children?: ReactNode;
};

export function Status({ of, state, children }: Props) {
  const { t } = useTranslation();
  const table: Record<string, readonly [Tone, Icon]> = machines[of];
  const [tone, icon] = table[state] ?? ['grey', IconCircleDashed];
  return (
    <Tag tone={tone} icon={icon}>
      {children ?? t(`status.${state}`)}
    </Tag>
  );
}

/** A badge with a word of its own. */
export function Tag({ tone, icon: Icon, children }: { tone: Tone; icon?: Icon; children: ReactNode }) {
  return (
    <span className={`${css.tag} ${css[tone]}`}>
      {Icon && (
        <span aria-hidden>
          <Icon size={13} stroke={1.75} />
        </span>
      )}
      {children}
    </span>
  );
}
