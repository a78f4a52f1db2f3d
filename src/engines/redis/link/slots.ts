/** Which of the 16,384 slots of a Redis Cluster a key lies in (Redis Cluster specification, "Key distribution model"). */

export const SLOTS = 16_384;

/** CRC-16/XMODEM by byte. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc;
});

/** Only what stands between the first `{` and the next `}` counts, if there is something. */
const hashed = (key: string): string => {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : key;
};

export const slotOf = (key: string): number => {
  let crc = 0;
  for (const byte of Buffer.from(hashed(key))) crc = ((crc << 8) ^ TABLE[((crc >> 8) ^ byte) & 0xff]!) & 0xffff;
  return crc % SLOTS;
};
