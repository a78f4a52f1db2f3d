/** The console of a channel: a person's seat beside the agents. */
import { render } from 'preact';
import { Door } from './console/door.tsx';

const channelId = decodeURIComponent(location.pathname.split('/')[2] ?? '');
render(<Door channelId={channelId} />, document.getElementById('app')!);
