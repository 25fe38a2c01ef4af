// The picture of a course, in the size that the place needs; drawn by us where the author gave none.
import type { Schemas } from '~/api/client';
import css from './Cover.module.css';
import { DrawnCover } from './DrawnCover';

type Props = {
  id: string;
  cover: Schemas['Cover'] | null;
  /** Width of the place, for the choice of the file: the `sizes` attribute of an image. */
  sizes?: string;
  eager?: boolean;
};

export function Cover({ id, cover, sizes = '(max-width: 768px) 248px, 300px', eager = false }: Props) {
  const largest = cover?.sizes.at(-1);
  return (
    <div className={css.cover}>
      {cover && largest ? (
        <img
          src={largest.url}
          srcSet={cover.sizes.map((size) => `${size.url} ${size.width}w`).join(', ')}
          sizes={sizes}
          width={largest.width}
          height={largest.height}
          alt=""
          loading={eager ? 'eager' : 'lazy'}
          decoding="async"
          style={{ backgroundColor: cover.color }}
        />
      ) : (
        <DrawnCover id={id} />
      )}
    </div>
  );
}
