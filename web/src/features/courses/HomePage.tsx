// The home page: what to go on with, the goal, and courses to choose from.

import { IconBook2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { session } from '~/api/client';
import { SearchBox } from '~/app/SearchBox';
import { useSession } from '~/features/identity/session';
import { ContinueLearning, ContinueSkeleton } from '~/features/learning/ContinueLearning';
import { useMyLearning } from '~/features/learning/queries';
import { Failed, State } from '~/ui/State';
import { useLocale } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { CardRow, CardSkeletons } from './CourseCard';
import css from './HomePage.module.css';
import { categoriesQuery, rowQuery } from './queries';
import type { CatalogueSearch } from './search';
import { Tracks } from './Tracks';

const NewsBanner = lazy(() =>
  import('~/features/announcements/NewsBanner').then(
    (file): { default: () => ReactNode } => ({ default: () => <file.NewsBanner /> }),
    () => ({ default: () => null }),
  ),
);

// A section that does not come is no reason to break the page.
const HelpSection = lazy(() =>
  import('~/features/support/HelpSection').then(
    (file): { default: () => ReactNode } => ({ default: file.HelpSection }),
    () => ({ default: () => null }),
  ),
);

export function HomePage() {
  const { t } = useTranslation(['courses', 'common']);
  useTitle(t('home.title'));
  return (
    <div className={`page ${css.home}`}>
      <Suspense fallback={null}>
        <NewsBanner />
      </Suspense>
      <First />
      <Tracks />
      <Popular />
      <Newest />
      <Suspense fallback={null}>
        <HelpSection />
      </Suspense>
    </div>
  );
}

/** Where a student goes on, or what this is. Somebody who was signed in last is not shown the one and then the other. */
function First() {
  const { t } = useTranslation(['courses', 'common']);
  const { state } = useSession();
  const mine = useMyLearning();
  const next = mine.data?.items.find((row) => row.percent < 100) ?? mine.data?.items[0];
  const coming = state === 'user' ? mine.isPending : state === 'restoring' && session.expected();
  if (next && mine.data) return <ContinueLearning row={next} count={mine.data.items.length} />;
  if (!coming && !(state === 'user' && mine.isLoadingError)) return <Welcome />;
  return (
    <>
      <h1 className="hidden">{t('home.hero')}</h1>
      {coming ? <ContinueSkeleton /> : <Failed error={mine.error} retry={() => void mine.refetch()} />}
    </>
  );
}

function Welcome() {
  const { t } = useTranslation(['courses', 'common']);
  return (
    <section className={css.welcome}>
      <h1>{t('home.hero')}</h1>
      <p className={css.lead}>{t('home.heroText')}</p>
      <SearchBox className={css.search ?? ''} />
    </section>
  );
}

function Popular() {
  const { t } = useTranslation(['courses', 'common']);
  const locale = useLocale();
  const [category, setCategory] = useState<string | undefined>(undefined);
  const categories = useQuery(categoriesQuery);
  const tops = categories.data?.items.filter((item) => item.parent_id === null && item.courses > 0) ?? [];
  return (
    <Row
      title={t('home.popular')}
      search={{ sort: 'popular', ...(category ? { category } : {}) }}
      chips={
        tops.length > 1 && (
          <fieldset className={css.chips} aria-label={t('home.categories')}>
            {[undefined, ...tops].map((item) => (
              <button
                key={item?.slug ?? ''}
                type="button"
                className={css.chip}
                aria-pressed={category === item?.slug}
                onClick={() => setCategory(item?.slug)}
              >
                {item ? item.name[locale] : t('common:all')}
              </button>
            ))}
          </fieldset>
        )
      }
    />
  );
}

const ROW = 4;

/** Left out while the catalogue is so small that it would repeat the row above. */
function Newest() {
  const { t } = useTranslation('courses');
  const popular = useQuery(rowQuery({ sort: 'popular' }));
  if (!popular.data || popular.data.items.length <= ROW) return null;
  return <Row title={t('home.newest')} search={{ sort: 'newest' }} most={ROW} />;
}

type RowProps = { title: string; search: CatalogueSearch; chips?: ReactNode; most?: number };

function Row({ title, search, chips, most = 2 * ROW }: RowProps) {
  const { t } = useTranslation(['courses', 'common']);
  const courses = useQuery(rowQuery(search));
  return (
    <section className="section">
      <div className="section-head">
        <h2>{title}</h2>
        <Link to="/catalogue" search={search} className="link small">
          {t('home.whole')}
        </Link>
      </div>
      {chips}
      {courses.isLoadingError ? (
        <Failed error={courses.error} retry={() => void courses.refetch()} />
      ) : (
        <Waiting pending={courses.isPending} label={t('card.loading')} skeleton={<CardSkeletons count={4} />}>
          {courses.data?.items.length === 0 ? (
            <State icon={<IconBook2 size={28} stroke={1.5} />} title={t('empty.first')}>
              {t('empty.firstText')}
            </State>
          ) : (
            <CardRow courses={courses.data?.items.slice(0, most) ?? []} />
          )}
        </Waiting>
      )}
    </section>
  );
}
