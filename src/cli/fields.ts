/** Which fields of an operation a command has as options, and how they are typed. */
import { entryNamed, type Field } from '../client/operations.ts';
import type { Command } from './command.ts';

export const optionName = (field: string): string => field.replaceAll('_', '-');

/** The fields of a command's operation that are options. */
export const fieldsOf = (command: Command): [field: string, Field][] => {
  const entry = command.operation === undefined ? undefined : entryNamed(command.operation);
  return Object.entries(entry?.fields ?? {}).filter(([name]) => !command.without?.includes(name));
};
