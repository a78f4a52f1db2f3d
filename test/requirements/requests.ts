import type { Requirements } from './requirement.ts';

const needs = ['http'] as const;

export const REQUESTS = {
  'request:hosts': {
    behaviour: 'Every route answers to the hosts of this machine under the listening port, and to no other.',
    clauses: ['R-REQ-1'],
    needs,
  },
  'request:own-hosts': {
    behaviour: 'The host of the origin and every allowed host are answered to.',
    clauses: ['R-REQ-1', 'R-REQ-3'],
    needs,
  },
  'request:one-host': {
    behaviour: 'A request without a host, with two, or with an absolute target of another host is refused.',
    clauses: ['R-REQ-2'],
    needs,
  },
  'request:origins': {
    behaviour: 'An Origin that is not this hub’s is refused, also null; without one a request passes.',
    clauses: ['R-REQ-3'],
    needs,
  },
  'request:fetch-site': {
    behaviour: 'A request from another site is refused, except for following a link to a page.',
    clauses: ['R-REQ-4'],
    needs,
  },
  'request:no-cors': {
    behaviour: 'No answer carries a CORS header.',
    clauses: ['R-REQ-5'],
    needs,
  },
  'request:methods': {
    behaviour: 'A wrong method on a known path is 405 with Allow.',
    clauses: ['R-REQ-6'],
    needs,
  },
  'request:head': {
    behaviour: 'HEAD on listen, wait and stream is 405 and moves nothing.',
    clauses: ['R-REQ-7'],
    needs,
  },
  'request:content-types': {
    behaviour: 'JSON is read under the content types of curl and under none; others are refused.',
    clauses: ['R-REQ-8'],
    needs,
  },
  'request:encodings': {
    behaviour: 'Another charset than UTF-8 and any content encoding are refused.',
    clauses: ['R-REQ-9'],
    needs,
  },
  'request:empty-body': {
    behaviour: 'An empty body means no fields.',
    clauses: ['R-REQ-10'],
    needs,
  },
  'request:not-json': {
    behaviour: 'What is not JSON, not UTF-8 or not an object is refused, however deep it is nested.',
    clauses: ['R-REQ-11'],
    needs,
  },
  'request:prototype': {
    behaviour: '__proto__, constructor and prototype are unknown fields like any other.',
    clauses: ['R-REQ-12', 'R-ERR-9'],
    needs,
  },
  'request:body-size': {
    behaviour: 'A body over 256 KiB is refused, whether it says its length or not.',
    clauses: ['R-REQ-13'],
    needs,
  },
  'request:twice': {
    behaviour: 'A query parameter that is given twice is refused.',
    clauses: ['R-REQ-14'],
    needs,
  },
  'request:secret-in-url': {
    behaviour: 'A secret in the query of a URL is refused, right or wrong.',
    clauses: ['R-REQ-15'],
    needs,
  },
  'request:headers': {
    behaviour: 'Every answer of the API is not to be stored and not to be sniffed.',
    clauses: ['R-REQ-16'],
    needs,
  },
  'request:json-escapes': {
    behaviour: 'JSON in answers escapes the line separators of JavaScript.',
    clauses: ['R-REQ-17'],
  },
  'request:timeouts': {
    behaviour: 'The server has the time-outs and the header limit that are promised.',
    clauses: ['R-REQ-18', 'R-LIMIT-1'],
    note: 'That Node acts on them is not waited for; that an unread answer is let go after 30 s is stream:slow.',
  },
  'request:pipelined': {
    behaviour:
      'So many requests wait behind another one of their connection; the next is refused, ends it, and is not carried out, nor are those after it.',
    clauses: ['R-REQ-19'],
    needs,
  },
  'request:not-found': {
    behaviour: 'A path that does not exist is 404.',
    clauses: ['R-ERR-11'],
    needs,
  },
} as const satisfies Requirements;
