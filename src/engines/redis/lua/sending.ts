/** The script of a send: id, ring, key, transcript and wake-up in one step. */

/** GCRA: whether a key's allowance has so many calls left, which are taken then → allowed, remaining, retry after. */
const ALLOWANCE = `
local function allowance(key, now, burst, each, calls)
  local full = math.max(tonumber(redis.call('GET', key) or '0'), now) + calls * each
  local wait = full - now - burst * each
  if wait > 0 then return 0, 0, string.format('%.17g', wait) end
  redis.call('SET', key, string.format('%.17g', full), 'PX', math.ceil(math.max(0, full - now)) + 3600000)
  return 1, math.floor(burst - (full - now) / each), '0'
end
`;

/**
 * append(from, to, kind, body, meta, text, bytes, key, content, ringMessages, ringBytes, mailboxes, recipients, band, guards … (3),
 * session, token, verified, authorized, allowance's name, burst, each,
 * Idempotency-Keys)
 * `body` is the JSON of the message after its id, `meta` that of the transcript's line without a text, `text` the JSON of
 * the text where the channel may keep it.
 * → id, at, duplicate, count, hooks, then callsign and presence of each recipient; or 'slow' and the time until the next.
 */
export const APPEND = `${ALLOWANCE}
local function presence(live, seen)
  if not live or tonumber(seen) + C.ttl - T <= 0 then return 'offline' end
  return T - tonumber(seen) < 60000 and 'active' or 'idle'
end

local function recipients(answer, from, to)
  local names
  if to == 'all' then
    names = call('ZRANGE', B .. ':members', 0, num(13))
    local member = call('ZSCORE', B .. ':members', from)
    answer[4] = call('ZCARD', B .. ':members') - (member and 1 or 0)
    local others = {}
    for _, callsign in ipairs(names) do
      if callsign ~= from and #others < num(13) then others[#others + 1] = callsign end
    end
    names = others
  else
    names = { to }
    answer[4] = 1
  end
  if #names == 0 then return answer end
  local marks = call('HMGET', B .. ':parked', unpack(names))
  local live, seen
  for i, callsign in ipairs(names) do
    local state = 'listening'
    if not isparked(marks[i]) then
      live = live or call('HMGET', B .. ':live', unpack(names))
      seen = seen or call('HMGET', B .. ':seen', unpack(names))
      state = presence(live[i], seen[i])
    end
    answer[#answer + 1] = callsign
    answer[#answer + 1] = state
  end
  return answer
end

-- RING: the newest stay, by number and by size; who the others were for is remembered a while.
local function push(id, from, to, bytes, json)
  call('XADD', B .. ':ring', id .. '-0', 'from', from, 'to', to, 'bytes', bytes, 'json', json)
  C.bytes = C.bytes + bytes
  local length = call('XLEN', B .. ':ring')
  local first = C.floor
  while length > 1 and (length > num(10) or C.bytes > num(11)) do
    local oldest = call('XRANGE', B .. ':ring', '-', '+', 'COUNT', 1)[1]
    call('XDEL', B .. ':ring', oldest[1])
    call('XADD', B .. ':gone', oldest[1], 'from', oldest[2][2], 'to', oldest[2][4])
    C.bytes = C.bytes - tonumber(oldest[2][6])
    C.floor = tonumber(string.match(oldest[1], '^%d+'))
    length = length - 1
  end
  if C.floor > first and call('XLEN', B .. ':gone') > 800 then
    local cut = call('XRANGE', B .. ':gone', '-', '+', 'COUNT', 400)
    C.goneFloor = tonumber(string.match(cut[400][1], '^%d+'))
    call('XTRIM', B .. ':gone', 'MAXLEN', '=', call('XLEN', B .. ':gone') - 400)
  end
end

local function main()
  open()
  local from, to, kind, bytes = arg(1), arg(2), arg(3), num(7)
  local seated = prove(from, arg(18), arg(19), arg(20), arg(21))
  if arg(22) ~= '' then
    local allowed, _, wait = allowance(B .. ':rate:' .. arg(22), T, num(23), num(24), 1)
    if allowed == 0 then return { 'slow', wait } end
  end
  local name = arg(8) ~= '' and from .. ' ' .. arg(8)
  if name then
    -- SEND: the same key and content is the same message; other content a conflict.
    local used = call('HGET', B .. ':keys', name)
    if used then
      local content, id, at = string.match(used, '^(%S+) (%d+) (%S+)$')
      if content ~= arg(9) then refuse('idempotency_conflict') end
      call('HSET', B, 'touched', ARGV[1])
      return recipients({ tonumber(id), at, 1, 0, 0 }, from, to)
    end
  end
  if C.halt ~= '' then refuse(C.halt == 'closed' and 'closed' or 'channel_paused') end
  local answer = { 0, ARGV[2], 0, 0, 0 }
  local status = kind == 'status'
  local direct
  if to ~= 'all' then
    direct = seat(to)
    if not direct and arg(14) == '1' then refuse('invalid_to', 'band') end
    if not direct and not status then checkroom(num(12)) end
  end
  local depth = guard(from, to, kind, seated)
  if to ~= 'all' and not direct and not status then
    -- A mailbox for somebody who has not joined is made before the message, so that the message is after its start.
    direct = newseat(to, num(12))
  end
  recipients(answer, from, to)
  local id = C.head + 1
  C.head = id
  if string.match(C.runs, ':(%w+)$') ~= TAG then
    C.runs = C.runs .. (C.runs == '' and '' or ' ') .. id .. ':' .. TAG
    if select(2, string.gsub(C.runs, ':', ':')) > 16 then C.runs = string.gsub(C.runs, '^%S+ ', '') end
    call('HSET', B, 'runs', C.runs)
  end
  if depth > 0 then notehops(id, depth) end
  if name then
    call('HSET', B .. ':keys', name, arg(9) .. ' ' .. id .. ' ' .. ARGV[2])
    call('ZADD', B .. ':keysat', ARGV[2], name)
    local over = call('ZCARD', B .. ':keysat') - num(25)
    if over > 0 then
      for i, oldest in ipairs(call('ZPOPMIN', B .. ':keysat', math.min(over, 100))) do
        if i % 2 == 1 then call('HDEL', B .. ':keys', oldest) end
      end
    end
  end
  local json = '{"id":' .. id .. arg(4)
  local sender = (to == 'all' or status or C.keep == 'prompts') and seat(from) or nil
  if status then
    -- STATUS: takes an id, so that ids grow in the order of hearing, and leaves nothing else.
    if sender then
      sender.status = arg(6)
      save(sender)
    end
    call('HSET', B, 'head', id, 'touched', ARGV[1], unpack(C.hour or {}))
  else
    push(id, from, to, bytes, json)
    if direct then
      if sender and sender.callsign == direct.callsign then sender = direct end
      direct.direct = direct.direct + 1
    else
      C.broadcasts = C.broadcasts + 1
      if sender then sender.own = sender.own + 1 end
    end
    local first = sender ~= nil and C.keep == 'prompts' and not sender.spoken
    if first then sender.spoken = true end
    if direct then save(direct) end
    if sender and (not direct or first) and sender ~= direct then save(sender) end
    call('HSET', B, 'head', id, 'floor', C.floor, 'goneFloor', C.goneFloor, 'bytes', C.bytes, 'broadcasts', C.broadcasts, 'touched', ARGV[1],
      unpack(C.hour or {}))
    if C.keep ~= 'none' then
      local kept = (C.keep == 'full' or first) and ',"text":' .. arg(6) or ''
      event('message', '{"id":' .. id .. arg(5) .. kept .. '}')
    end
    if C.hooks > 0 then owe('message.created', nil, nil, id, from, to, json) end
  end
  -- WAKE: a hint for the other nodes. A status is nowhere else, so it goes along.
  call('SPUBLISH', B .. WAKE, NODE .. ' ' .. id .. '-' .. TAG .. ' ' .. from .. ' ' .. to .. (status and ' ' .. json or ''))
  answer[1], answer[5] = id, C.hooks
  return answer
end
`;

/** spend(burst, each, calls) on a key of its own: GCRA → allowed, remaining, retry after. */
export const SPEND = `${ALLOWANCE}
local now, burst, each, calls = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
return { allowance(KEYS[1], now, burst, each, calls) }
`;

/** reserve(most, name, value) in a register: a place among so many → 1, or 0 when all are taken. */
export const RESERVE = `
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return 1
`;
