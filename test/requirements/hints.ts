import type { Requirements } from './requirement.ts';

export const HINTS = {
  'hint:session': {
    behaviour: 'Who names no session is told where one goes: a header on REST, an argument over MCP.',
    clauses: ['R-ERR-7'],
  },
  'hint:values': {
    behaviour: 'The hint of a wrong value names the values or bounds that the operation itself takes.',
    clauses: ['R-ERR-13', 'R-ERR-10'],
    needs: ['rest', 'transcript', 'admin'],
  },
  'hint:fields': {
    behaviour: 'The fields that a hint lists are taken where it says, headers as headers.',
    clauses: ['R-ERR-13', 'R-ERR-9'],
    needs: ['http'],
  },
  'hint:sizes': {
    behaviour: 'What is too large is told the limit that refused it, of a status and a configured one as well.',
    clauses: ['R-ERR-13', 'R-LIMIT-1'],
    needs: ['rest'],
  },
  'hint:webhook-url': {
    behaviour: 'The hint for a refused URL is about what is wrong with it.',
    clauses: ['R-ERR-13', 'R-HOOK-16'],
    needs: ['webhooks'],
  },
  'hint:owner': {
    behaviour: 'A wrong token where the owner’s is asked for is told so, alike for an unknown channel.',
    clauses: ['R-ERR-13', 'R-ERR-6', 'R-OWNER-1'],
    needs: ['owner', 'webhooks'],
  },
  'hint:hub-token': {
    behaviour: 'The hub token without a channel token is told what is missing, and counts as no wrong token.',
    clauses: ['R-RUN-3', 'R-ERR-13'],
    needs: ['owner'],
  },
  'hint:wrong-hub-token': {
    behaviour: 'Who shows another token than the hub’s is told so, alike for whatever it is, and who shows none that one is missing.',
    clauses: ['R-RUN-2', 'R-ERR-13'],
    needs: ['rest'],
  },
  'hint:methods': {
    behaviour: 'The detail of a 405 names the methods of its Allow header.',
    clauses: ['R-REQ-6'],
    needs: ['http'],
  },
  'error:detail': {
    behaviour: 'The detail of what the doors refuse says which part of the request it was, and shows nothing of it.',
    clauses: ['R-ERR-2', 'R-ERR-5', 'R-REQ-15'],
    needs: ['http'],
  },
  'error:type': {
    behaviour: 'The type of an error is a whole URL, also where the host or the request was not looked at.',
    clauses: ['R-ERR-3'],
    needs: ['http'],
  },
} as const satisfies Requirements;
