/** Certificates for the tests, made by openssl: an authority of our own, and one for this machine that it signed. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** @param directory where the files are put; they go with it */
export const makeCertificates = (directory: string): Certificates => {
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
  const fresh = (key: string) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file(key)];
  writeFileSync(file('san.cnf'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  openssl('req', '-x509', ...fresh('ca.key'), '-out', file('ca.pem'), '-days', '1', '-subj', '/CN=authority of the tests');
  openssl('req', '-new', ...fresh('server.key'), '-out', file('server.csr'), '-subj', '/CN=server of the tests');
  openssl(
    ...['x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'],
    ...['-out', file('server.pem'), '-days', '1', '-extfile', file('san.cnf')],
  );
  return { ca: file('ca.pem'), cert: file('server.pem'), key: file('server.key') };
};
