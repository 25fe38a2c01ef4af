// The start of the app: the language and the session first, then the page.
import './styles/mantine.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/fields.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { NoWords } from './app/NoWords';
import { allowOnlyStyles } from './app/trusted-types';
import { restoreSession } from './features/identity/session';
import { startLocale, startTexts } from './i18n';
import { watchKeyboard } from './ui/keyboard';

allowOnlyStyles();
watchKeyboard();
void restoreSession();
const locale = startLocale();
const words = await startTexts(locale);

const root = document.getElementById('root');
if (root) createRoot(root).render(words ? <App /> : <NoWords locale={locale} />);
