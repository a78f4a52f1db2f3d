/** How an agent may be rung, as it is typed; light enough to complete in a shell. */
export const RINGS = ['auto', 'codex', 'opencode', 'desktop', 'none'] as const;
export type Ring = (typeof RINGS)[number];
