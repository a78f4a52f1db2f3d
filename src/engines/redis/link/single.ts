/** A store that is one primary, always at the same address. */
import { RedisUnfitError } from '../unfit.ts';
import type { Link, LinkOptions } from './link.ts';
import { Primary } from './primary.ts';
import { wordsOf } from './refusals.ts';

/** The text of a connection URL without its password. */
const shown = (url: string): string => url.replace(/\/\/[^@/]*@/, '//');

export const singleLink = ({ driver, url, report, back }: LinkOptions): Link => {
  const primary = new Primary(shown(url), driver.client(url), { back, lost: (_, error) => report(error) });
  return {
    async open() {
      try {
        await primary.open();
      } catch (error) {
        // A store that is not there at the start is a mistake of the operator's, not an outage to be waited for.
        primary.destroy();
        if (error instanceof RedisUnfitError) throw error;
        throw new RedisUnfitError(`cannot use ${primary.name}: ${wordsOf(error)}`);
      }
    },
    ask: (_, what) => what(primary),
    writer: () => primary,
    get trouble() {
      return primary.trouble;
    },
    close: () => primary.close(),
    destroy: () => primary.destroy(),
  };
};
