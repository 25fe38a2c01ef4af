// The start of the app: the language and the session first, then the page.
import './styles/mantine.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/fields.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { allowOnlyStyles } from './app/trusted-types';
import { restoreSession } from './features/identity/session';
import { startLocale, startTexts } from './i18n';

allowOnlyStyles();
void restoreSession();
await startTexts(startLocale());

const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
