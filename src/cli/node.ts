/** Which Nodes run this program: on others it would end with the stack of a module that does not load, or of a word they lack. */

/**
 * Says that a Node is too old; null when it is not.
 * @param version as of `process.versions.node`
 * @param path of it, since a machine may have several
 */
export const tooOld = (version: string, path: string): string | null => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  // What 20.19 has, 21 and the first of 22 have not.
  const runs = major > 22 || (major === 22 && minor >= 4) || (major === 20 && minor >= 19);
  return runs ? null : `RogerThat needs Node 20.19, 22.4 or newer, and ${path} is ${version}. https://nodejs.org has newer ones.`;
};
