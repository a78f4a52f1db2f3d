/** Remembering what the hub answered. A disk that refuses must not take along what is shown once. */
import type { Context } from './context.ts';
import { CliError } from './exit.ts';

/**
 * Remembers something, prints the answer in any case, and only then tells that it could not be remembered.
 * @param textOf what to print, told whether it is remembered
 * @throws CliError failed
 */
export const keepAndPrint = async (context: Context, keep: () => void, textOf: (kept: boolean) => string): Promise<void> => {
  let trouble: unknown = null;
  try {
    keep();
  } catch (error) {
    trouble = error;
  }
  await context.out(textOf(trouble === null));
  if (trouble !== null) {
    throw new CliError(
      'failed',
      `It was done, and cannot be remembered here: ${(trouble as Error).message}`,
      'Keep what was printed, tokens and keys are shown once. ROGERTHAT_PROFILE_DIR names another place to remember things.',
    );
  }
};
