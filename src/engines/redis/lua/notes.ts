/** The script of a note that is looked at. */

/**
 * recall(now, ttl) of a note `UNTIL|TEXT` → its text, or nil when there is none or it is over. It lasts for `ttl` from now on;
 * that is written only when an eighth of it has gone by, so that looking is not writing.
 */
export const RECALL = `
local note = redis.call('GET', KEYS[1])
if not note then return false end
local bar = string.find(note, '|', 1, true)
local now, ttl, past = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(string.sub(note, 1, bar - 1))
if past <= now then
  redis.call('DEL', KEYS[1])
  return false
end
local text = string.sub(note, bar + 1)
if past < now + ttl - ttl / 8 then
  redis.call('SET', KEYS[1], string.format('%.0f', now + ttl) .. '|' .. text, 'PX', math.ceil(ttl))
end
return text
`;
