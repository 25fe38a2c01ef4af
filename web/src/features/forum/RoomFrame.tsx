// A page that is one room: the way back, what it is, and the chat in the rest of the screen.
import { IconArrowLeft } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import css from './Forum.module.css';

type Props = {
  /** The way back: a link with its words; the arrow is drawn here. */
  back: (inside: (words: ReactNode) => ReactNode) => ReactNode;
  title: ReactNode;
  text?: ReactNode;
  /** At the end of the head. */
  actions?: ReactNode;
  children: ReactNode;
};

export function RoomFrame({ back, title, text, actions, children }: Props) {
  return (
    <div className={`page ${css.frame}`}>
      <div className={css.frameHead}>
        <div className="grow">
          <div className="small">
            {back((words) => (
              <span className={css.back}>
                <IconArrowLeft size={16} stroke={1.75} className="flip" aria-hidden />
                {words}
              </span>
            ))}
          </div>
          <h1 className="work" dir="auto">
            {title}
          </h1>
          {text && <div className="small mut">{text}</div>}
        </div>
        {actions}
      </div>
      {children}
    </div>
  );
}

/** The box that a `RoomChat` fills. */
export const RoomBox = ({ children }: { children: ReactNode }) => <div className={css.box}>{children}</div>;
