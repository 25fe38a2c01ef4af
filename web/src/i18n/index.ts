// The languages of the interface. Words live in locales/<language>/<namespace>.json, one namespace a feature; a page
// loads only what it shows, in the language that it shows. English is the reference for keys (types come from it).

import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { direction, type Locale, locales } from './format';
import { fillPlurals, type Words } from './plurals';

export const i18n = i18next.createInstance();

const files = import.meta.glob<{ default: Words }>('./locales/*/*.json');

const backend: BackendModule = {
  type: 'backend',
  init() {},
  read(language, namespace, done) {
    const load = files[`./locales/${language}/${namespace}.json`];
    if (!load) return done(new Error(`no words for ${language}/${namespace}`), null);
    load().then(
      (file) => done(null, fillPlurals(language, file.default)),
      // In place of data, `true` says that another attempt is worth it: a chunk that was lost on the way.
      (error: Error) => done(error, true as never),
    );
  },
};

const storageKey = 'ilm.locale';

export const isLocale = (value: unknown): value is Locale => locales.includes(value as Locale);

/** The language that this person chose in this browser, if any. */
export function chosenLocale(): Locale | undefined {
  try {
    const value = localStorage.getItem(storageKey);
    return isLocale(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The chosen language, else the first of the browser's languages that we have, else that of the document. */
export function startLocale(wanted: readonly string[] = navigator.languages): Locale {
  const chosen = chosenLocale();
  if (chosen) return chosen;
  for (const tag of wanted) {
    // Browsers still say `iw` for Hebrew now and then.
    const language = tag.toLowerCase().split('-')[0]?.replace('iw', 'he');
    if (isLocale(language)) return language;
  }
  const { lang } = document.documentElement;
  return isLocale(lang) ? lang : 'uz';
}

/** Loads the words of every page. Whether they came: without them nothing but bare keys could be shown. */
export async function startTexts(locale: Locale): Promise<boolean> {
  i18n.on('languageChanged', (language) => {
    document.documentElement.lang = language;
    document.documentElement.dir = direction(language as Locale);
  });
  await i18n
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: locale,
      fallbackLng: false,
      supportedLngs: locales,
      ns: ['common', 'errors'],
      defaultNS: 'common',
      interpolation: { escapeValue: false },
      returnNull: false,
      // 350, 700 and 1400 ms after one another.
      maxRetries: 3,
      react: { useSuspense: true },
    });
  return i18n.hasResourceBundle(locale, 'common');
}

/** Changes the language of the whole page and remembers it; the cookie lets the server write the page's head in it. */
export async function chooseLocale(locale: Locale): Promise<void> {
  try {
    localStorage.setItem(storageKey, locale);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and Safari before 2025.
  document.cookie = `ilm_lang=${locale}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  await i18n.changeLanguage(locale);
}
