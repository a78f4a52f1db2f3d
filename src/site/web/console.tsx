/** The console of a channel: a person's seat beside the agents. */
import { render } from 'preact';
import { Door } from './console/door.tsx';

/** The name in the address; as it stands there where that is no text. */
const nameIn = (path: string): string => {
  const [, , name = ''] = path.split('/');
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
};

const channelId = nameIn(location.pathname);
render(<Door channelId={channelId} />, document.getElementById('app')!);
