import { endEach } from './harness/ends.ts';

endEach();
