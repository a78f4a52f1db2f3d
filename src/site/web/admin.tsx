/** The operator's dashboard. */
import { render } from 'preact';
import { Gate } from './admin/gate.tsx';

render(<Gate />, document.getElementById('app')!);
