/** A store that is one primary, always at the same address. */
import { type Link, type LinkOptions, unfit } from './link.ts';
import { Primary } from './primary.ts';

export const singleLink = ({ driver, address, report, back }: LinkOptions): Link => {
  const told = { back, lost: (_: Primary, error: unknown) => report(error), moved: () => {} };
  const primary = new Primary(address.endpoints[0]!, address, driver, told);
  return {
    async open() {
      try {
        await primary.open();
      } catch (error) {
        // A store that is not there at the start is a mistake of the operator's, not an outage to be waited for.
        primary.destroy();
        throw unfit(error, address);
      }
    },
    ask: (_, what) => what(primary),
    get trouble() {
      return primary.trouble;
    },
    close: () => primary.close(),
    destroy: () => primary.destroy(),
  };
};
