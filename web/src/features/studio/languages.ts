// Languages that captions are made in here, and their names.

export const languages = [
  'uz',
  'ru',
  'en',
  'he',
  'kk',
  'ky',
  'tg',
  'tk',
  'ar',
  'az',
  'de',
  'es',
  'fa',
  'fr',
  'hi',
  'it',
  'ja',
  'ko',
  'pl',
  'pt',
  'tr',
  'uk',
  'zh',
] as const;

/** Browsers have no Uzbek names of languages: these stand for the ones that are met most. */
const uzbek: Record<string, string> = {
  uz: 'Oʻzbekcha',
  ru: 'Ruscha',
  en: 'Inglizcha',
  he: 'Ivritcha',
  kk: 'Qozoqcha',
  ky: 'Qirgʻizcha',
  tg: 'Tojikcha',
  tk: 'Turkmancha',
  ar: 'Arabcha',
  az: 'Ozarbayjoncha',
  de: 'Nemischa',
  es: 'Ispancha',
  fa: 'Forscha',
  fr: 'Fransuzcha',
  hi: 'Hindcha',
  it: 'Italyancha',
  ja: 'Yaponcha',
  ko: 'Koreyscha',
  pl: 'Polyakcha',
  pt: 'Portugalcha',
  tr: 'Turkcha',
  uk: 'Ukraincha',
  zh: 'Xitoycha',
};

/** The name of a language in another one, or in itself; begins with a capital as in a list. */
export function languageName(language: string, locale: string): string {
  if (locale === 'uz') return uzbek[language] ?? language;
  let name = language;
  try {
    name = new Intl.DisplayNames([locale], { type: 'language' }).of(language) ?? language;
  } catch {
    // A tag that is none.
  }
  return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
}
