/** What /openapi.json says an operation may refuse with: R-DISC-3, asked of every refusal that a test meets. */
import { limitsFor } from '../../src/core/limits.ts';
import { openApi } from '../../src/discovery/openapi.ts';
import { operations } from '../../src/operations/index.ts';

interface Refusal {
  readonly content: {
    readonly 'application/problem+json': {
      readonly schema: {
        readonly allOf: readonly [unknown, { readonly properties: { readonly code: { readonly enum: readonly string[] } } }];
      };
    };
  };
}

interface Described {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly operationId: string; readonly responses: Readonly<Record<string, { readonly $ref?: string }>> }>>
    >
  >;
  readonly components: { readonly responses: Readonly<Record<string, Refusal>> };
}

let known: ReadonlyMap<string, ReadonlySet<string>> | null = null;

/** `STATUS CODE` of each refusal, by operation. */
const refusals = (): ReadonlyMap<string, ReadonlySet<string>> => {
  if (known) return known;
  const facts = { origin: 'http://hub.test', version: 'test', mode: 'shared', limits: limitsFor('shared'), operations } as const;
  const { paths, components } = openApi({ ...facts, tools: [], mcpVersions: [], a2aVersion: '1.0' }) as Described;
  known = new Map(
    Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .map(({ operationId, responses }) => [
        operationId,
        new Set(
          Object.entries(responses).flatMap(([status, { $ref }]) => {
            const refusal = $ref === undefined ? undefined : components.responses[$ref.slice($ref.lastIndexOf('/') + 1)];
            const codes = refusal?.content['application/problem+json'].schema.allOf[1].properties.code.enum ?? [];
            return codes.map((code) => `${status} ${code}`);
          }),
        ),
      ]),
  );
  return known;
};

/** @throws Error when the document does not have a refusal that the operation just gave */
export const expectDescribed = (operation: string, problem: Readonly<Record<string, unknown>>): void => {
  const refusal = `${problem['status']} ${problem['code']}`;
  if (!refusals().get(operation)?.has(refusal)) throw new Error(`/openapi.json does not say that ${operation} may answer ${refusal}`);
};
