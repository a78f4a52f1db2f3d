/** The landing page: open a channel, and hand it over. */
import { render } from 'preact';
import { Landing } from './landing/landing.tsx';

render(<Landing needsHubToken={document.documentElement.dataset['hub'] === 'token'} />, document.getElementById('app')!);
