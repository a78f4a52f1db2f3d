/** Owners' steps and guards, restated from `core/owning.ts` and `core/guards.ts`. */

import { turned } from '../turns.ts';

/** The guards of an append: arguments 15 to 17 are the limits ('' when nothing is guarded), what it answers, and a hash of the text. */
export const GUARDS = `
local HOUR = 3600000
local function limit(most, factor) return math.max(1, math.floor(most * factor)) end
local function trip(name, callsign)
  local trips = cjson.decode(call('HGET', B, 'trips') or '[]')
  local times = 1
  for i, one in ipairs(trips) do
    if one.guard == name and one.callsign == callsign then
      times = one.times + 1
      table.remove(trips, i)
      break
    end
  end
  trips[#trips + 1] = { guard = name, callsign = callsign, at = W, times = times }
  if #trips > 64 then table.remove(trips, 1) end
  call('HSET', B, 'trips', cjson.encode(trips))
end

-- GUARD: counts a message, or refuses it and notes that it did. Returns how many answers deep it is.
local function guard(from, to, kind, seated)
  if arg(15) == '' or not (seated or call('HEXISTS', B .. ':seats', from) == 1) then return 0 end
  local mine, all, same, deep = string.match(arg(15), '^(%S+) (%S+) (%S+) (%S+)$')
  local g = call('HMGET', B, 'factor', 'hourFrom', 'hourCount')
  local factor, allfrom, allcount = tonumber(g[1]), tonumber(g[2] or '0'), tonumber(g[3] or '0')
  local at, count, times, last, said = string.match(call('HGET', B .. ':said', from) or '0 0 0  ', '^(%S+) (%S+) (%S+) (%S*) (%S*)$')
  at, count, times = tonumber(at), tonumber(count), tonumber(times)
  if count == 0 or T - at >= HOUR then at, count = T, 0 end
  if allcount == 0 or T - allfrom >= HOUR then allfrom, allcount = T, 0 end
  local function stop(name, most, since)
    trip(name, from)
    refuse('guard', name, most, math.max(1, math.ceil((since + HOUR - T) / 1000)), to)
  end
  mine, all = limit(tonumber(mine), factor), limit(tonumber(all), factor)
  if count >= mine then stop('callsign_budget', mine, at) end
  if allcount >= all then stop('channel_budget', all, allfrom) end
  local depth = 0
  if arg(16) ~= '' then
    local found = call('ZRANGEBYSCORE', B .. ':hops', arg(16), arg(16))[1]
    depth = (found and tonumber(string.match(found, ':(%d+)$')) or 0) + 1
    local most = limit(tonumber(deep), factor)
    if depth > most then stop('hops', most, T) end
  end
  if kind == 'message' then
    if last == to and said == arg(17) then
      local most = limit(tonumber(same), factor)
      if times >= most then stop('identical', most, T) end
      times = times + 1
    else
      last, said, times = to, arg(17), 1
    end
  end
  call('HSET', B .. ':said', from, table.concat({ exact(at), count + 1, times, last, said }, ' '))
  -- Written with the message.
  C.hour = { 'hourFrom', exact(allfrom), 'hourCount', allcount + 1 }
  return depth
end
local function notehops(id, depth)
  call('ZADD', B .. ':hops', id, id .. ':' .. depth)
  call('ZREMRANGEBYRANK', B .. ':hops', 0, -1025)
end
`;

/** Changes what the channel is set to: `config` is the channel as the product has it. */
const CHANGE = `
local function change(name, value)
  local config = cjson.decode(call('HGET', B, 'config'))
  config[name] = value
  call('HSET', B, 'config', cjson.encode(config))
end
`;

/** close() → 1 when it was open. */
export const CLOSE = `${CHANGE}
local function main()
  makeroom()
  open()
  if C.halt == 'closed' then return 0 end
  for _, callsign in ipairs(call('HKEYS', B .. ':live')) do finish(callsign, 'closed') end
  if C.hooks > 0 then owe('channel.closed', nil, 'closed') end
  change('closedAt', W)
  call('HSET', B, 'halt', 'closed', 'touched', ARGV[1], 'floor', C.head, 'goneFloor', C.head, 'bytes', 0)
  bury(true)
  forgetclosed()
  event('close', '{}')
  ${turned('closed')}
  return 1
end
`;

/** erase() → 1 */
export const ERASE = `
local function main()
  makeroom()
  open()
  if C.halt ~= 'closed' and C.hooks > 0 then owe('channel.closed', nil, 'closed') end
  ${turned('closed')}
  bury(false)
  forgetclosed()
  return 1
end
`;

/** rotate(hash of the join token, why its webhooks are disabled, deliveries kept) */
export const ROTATE = `${CHANGE}
local function main()
  open()
  for _, callsign in ipairs(call('HKEYS', B .. ':live')) do finish(callsign, 'rotated') end
  change('joinTokenHash', arg(1))
  call('HSET', B, 'token', arg(1))
  for _, text in ipairs(C.hooks > 0 and call('HVALS', B .. ':hooks') or {}) do
    local hook = cjson.decode(text)
    if hook.disabled == cjson.null and hook.byOwner ~= true then
      disable(hook.id, arg(2))
      forgetdone(hook.id, num(3))
    end
  end
  event('rotate', '{}')
  ${turned('rotated')}
  return 1
end
`;

/** pause('1' or '') → 1 when that changed something. */
export const PAUSE = `${CHANGE}
local function main()
  open()
  local wanted = arg(1) == '1' and 'paused' or ''
  if C.halt == wanted or C.halt == 'closed' then return 0 end
  change('paused', wanted ~= '')
  call('HSET', B, 'halt', wanted)
  event(wanted == '' and 'resume' or 'pause', '{}')
  return 1
end
`;

/** kick(callsign, ban: '1', '0' or '', most bans) → kicked, banned. */
export const KICK = `
local function main()
  open()
  local callsign = arg(1)
  local s = seat(callsign)
  local was = call('HEXISTS', B .. ':bans', callsign) == 1
  local bans = call('HLEN', B .. ':bans')
  if arg(2) == '1' and not was and bans >= num(3) then refuse('bans', bans) end
  if arg(2) == '1' and not was then call('HSET', B .. ':bans', callsign, s and s.identityId or '')
  elseif arg(2) == '0' then call('HDEL', B .. ':bans', callsign) end
  local banned = call('HEXISTS', B .. ':bans', callsign) == 1
  local kicked = s and s.member
  if kicked then
    finish(callsign, 'kicked')
    s.member = false
    save(s)
    call('ZREM', B .. ':members', callsign)
  end
  if kicked or was ~= banned then
    event('kick', cjson.encode({ callsign = callsign, reason = was ~= banned and (banned and 'banned' or 'ban lifted') or nil }))
  end
  if kicked and C.hooks > 0 then owe('member.left', callsign, 'kicked') end
  if kicked then ${turned('kicked', 'callsign')} end
  return { kicked and 1 or 0, banned and 1 or 0 }
end
`;

/** guards() → factor, messages, trips. */
export const GUARD_REPORT = `
local function main()
  open()
  local g = call('HMGET', B, 'factor', 'hourFrom', 'hourCount', 'trips')
  local count = T - tonumber(g[2] or '0') >= 3600000 and 0 or tonumber(g[3] or '0')
  return { g[1], count, g[4] or '[]' }
end
`;

/** setGuards(factor or '', reset) */
export const SET_GUARDS = `
local function main()
  open()
  if arg(1) ~= '' then call('HSET', B, 'factor', arg(1)) end
  if arg(2) == '1' then
    call('HDEL', B, 'hourFrom', 'hourCount', 'trips')
    call('UNLINK', B .. ':said', B .. ':hops')
  end
  return 1
end
`;
