/** What a request is told whose method is not for its path. */
import { HubError } from '../core/errors.ts';

/** @param allowed the methods that are, as in an Allow header: named in the detail as well, since plain curl shows no headers */
export const wrongMethod = (allowed: string): HubError =>
  new HubError('method_not_allowed', `That method is not for this path; it takes ${allowed}.`, { headers: { Allow: allowed } });
