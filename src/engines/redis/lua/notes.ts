/** Scripts of single keys: a note that is looked at, a mark that one process holds, the time that hubs share. */

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

/**
 * tick(time, most) of `TIME AT` → the time of the hub that is furthest, which is noted. It was noted when the store's clock said AT;
 * what has gone by since then counts, up to `most`: that clock may be set, and no hub goes by it for longer.
 */
export const TICK = `
local mine, clock = tonumber(ARGV[1]), redis.call('TIME')
local at = clock[1] * 1000 + clock[2] / 1000
local known, noted = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) ?(%S*)$')
if known then
  local since = at - (tonumber(noted) or at)
  local theirs = tonumber(known) + math.max(0, math.min(since, tonumber(ARGV[2])))
  if theirs >= mine then return string.format('%.17g', theirs) end
end
redis.call('SET', KEYS[1], string.format('%.17g %.17g', mine, at))
return ARGV[1]
`;

/** may(command, …) of a key → those of the commands that the user of the connection may not use on it. */
export const MAY = `
local denied = {}
for _, name in ipairs(ARGV) do
  if not redis.acl_check_cmd(name, KEYS[1]) then denied[#denied + 1] = name end
end
return denied
`;

/** keepMark(holder, ms) → 1 when the mark is the holder's, which it is for so long from now on; else 0. */
export const KEEP_MARK = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;

/** dropMark(holder) → 1 when the mark was the holder's, and is gone; else 0. */
export const DROP_MARK = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;
