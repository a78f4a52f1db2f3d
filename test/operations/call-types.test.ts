/** src/client/calls.ts, which the client's types are made of, says what the schemas of the operations say. */
import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { Input, OperationName, Output } from '../../src/client/operations.ts';
import { type KnownOperation, operations } from '../../src/operations/index.ts';

type Named<N> = Extract<KnownOperation, { readonly name: N }>;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Calls whose types differ from their schemas: none, or the compiler refuses this file. */
type Different = {
  [N in OperationName | KnownOperation['name']]: N extends OperationName
    ? [Same<Input<N>, z.input<Named<N>['input']>>, Same<Output<N>, z.output<Named<N>['output']>>] extends [true, true]
      ? never
      : N
    : N;
}[OperationName | KnownOperation['name']];
const different: Record<Different, string> = {};

test('every call has the types of its schemas', () => {
  expect(different).toEqual({});
  expect(operations.length).toBeGreaterThan(20);
});
