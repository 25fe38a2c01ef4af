// The page when not even its words came: these few are in the code, and it leans on nothing else.
import { direction, type Locale } from '~/i18n/format';
import css from './NoWords.module.css';

const words: Record<Locale, { title: string; text: string; again: string }> = {
  uz: {
    title: 'Sahifa ochilmadi',
    text: 'Serverdan javob kelmadi. Tarmoqni tekshirib, qayta urinib koʻring.',
    again: 'Qayta urinish',
  },
  ru: {
    title: 'Страница не открылась',
    text: 'Сервер не ответил. Проверьте сеть и попробуйте ещё раз.',
    again: 'Попробовать снова',
  },
  en: {
    title: 'The page did not open',
    text: 'No answer from the server. Check the network and try again.',
    again: 'Try again',
  },
  he: {
    title: 'הדף לא נפתח',
    text: 'השרת לא ענה. בדקו את הרשת ונסו שוב.',
    again: 'לנסות שוב',
  },
};

export function NoWords({ locale }: { locale: Locale }) {
  const { title, text, again } = words[locale];
  return (
    <main className={css.page} lang={locale} dir={direction(locale)}>
      <h1>{title}</h1>
      <p>{text}</p>
      <button type="button" onClick={() => location.reload()}>
        {again}
      </button>
    </main>
  );
}
