/** Seats and sessions, restated from `core/seats.ts`: claiming, sliding, expiring, leaving. */

import { turned } from '../turns.ts';
import { OF_CHANNEL, OF_CLOSED, OF_SEAT } from './parts.ts';

export const SEATS = `
local STONE = 3600000

-- A session's place, and what it had left to send (see hub.send).
local function forgetsession(callsign, hash)
  call('HDEL', B .. ':live', callsign)
  call('HDEL', B .. ':sessions', hash)
  call('UNLINK', B .. ':rate:send ' .. hash)
end

-- SESSION: one that outlived its TTL becomes a tombstone, so that its holder is told to join again.
local function expire(callsign, s, seen)
  forgetsession(callsign, s.hash)
  counted()
  call('HSET', B .. ':stones', s.hash, 'expired ' .. exact(tonumber(seen) + C.ttl + STONE))
  event('leave', cjson.encode({ callsign = callsign, reason = 'expired' }))
  if C.hooks > 0 then owe('member.left', callsign, 'expired') end
end
local function expireall()
  for _, callsign in ipairs(call('HKEYS', B .. ':live')) do
    local seen = call('HGET', B .. ':seen', callsign)
    if timeleft(callsign, seen, call('HGET', B .. ':parked', callsign)) <= 0 then expire(callsign, session(callsign), seen) end
  end
end

-- Ends a live session by an owner's step, leaving a word for whoever still shows it.
local function finish(callsign, why)
  local s = session(callsign)
  if not s then return end
  forgetsession(callsign, s.hash)
  call('HSET', B .. ':stones', s.hash, why .. ' ' .. exact(T + STONE))
end

-- What is left of the channel's keys when it goes.
local function bury(keep)
  for _, callsign in ipairs(call('HKEYS', B .. ':seats')) do
    call('UNLINK', ${OF_SEAT.map((name) => `B .. ':${name}:' .. callsign`).join(', ')})
  end
  for _, hash in ipairs(call('HKEYS', B .. ':sessions')) do call('UNLINK', B .. ':rate:send ' .. hash) end
  call('UNLINK', ${OF_CHANNEL.map((name) => `B .. ':${name}'`).join(', ')})
  if not keep then call('UNLINK', B, ${OF_CLOSED.map((name) => `B .. ':${name}'`).join(', ')}) end
end
`;

/** create(config, ttl, retention, factor, hash of the join token) → 1, or 0 when it is there. */
export const CREATE = `
local function main()
  if call('EXISTS', B) == 1 then return 0 end
  call('HSET', B, 'config', arg(1), 'ttl', arg(2), 'keep', arg(3), 'head', 0, 'floor', 0, 'goneFloor', 0, 'bytes', 0, 'broadcasts', 0,
    'runs', '', 'seq', 0, 'seal', SEAL, 'touched', ARGV[1], 'factor', arg(4), 'token', arg(5), 'seats', 0)
  open()
  event('channel_created', '{}')
  return 1
end
`;

/**
 * claim(callsign, tokenHash, nonce, sessionHash, identityId, authorized, terms, messages, bytes, sessions, mailboxes)
 * → resumed, nonce, hash, verified, authorized, time left, and the standing: cursor, its tag, pending, gap, number of hooks, unconfirmed …
 */
export const CLAIM = `
local function main()
  open()
  local callsign, token, identity = arg(1), arg(2), arg(5)
  if C.halt == 'closed' then refuse('closed') end
  -- OWNER: a join that was on its way when the token changed begins no session.
  if arg(7) == 'any' and token ~= call('HGET', B, 'token') then refuse('rotated') end
  local live = call('HLEN', B .. ':live')
  if live >= num(10) then expireall()
  else
    local held = session(callsign)
    local seen = call('HGET', B .. ':seen', callsign)
    if held and timeleft(callsign, seen, call('HGET', B .. ':parked', callsign)) <= 0 then expire(callsign, held, seen) end
  end
  -- OWNER: a ban is of the callsign, and of the identity that its seat was bound to.
  if call('EXISTS', B .. ':bans') == 1 then
    if call('HEXISTS', B .. ':bans', callsign) == 1 then refuse('banned') end
    if identity ~= '' then
      for _, banned in ipairs(call('HVALS', B .. ':bans')) do if banned == identity then refuse('banned') end end
    end
  end
  local s = seat(callsign)
  local held = session(callsign)
  live = call('HLEN', B .. ':live')
  if not held and live >= num(10) then
    refuse('hub_full', 'The channel has ' .. live .. ' live sessions, as many as it may have.')
  end
  if not s then checkroom(num(11))
  elseif arg(7) ~= 'any' and held and held.token ~= token and (s.identityId == nil or s.identityId ~= identity) then
    refuse('callsign_taken', 'held')
  elseif s.identityId ~= nil and s.identityId ~= identity then refuse('callsign_taken') end
  -- TRUST: a session that began before anybody had shown who they are is not gone on with by who does.
  local resumed = held ~= nil and held.token == token and (s.identityId ~= nil or identity == '')
  if arg(7) == 'resume' and not resumed then refuse('not_joined') end

  s = s or newseat(callsign, num(11))
  local authorized = arg(6) == '1'
  local verified = s.identityId ~= nil or identity ~= ''
  if not resumed then
    if held then forgetsession(callsign, held.hash) end
    held = { hash = arg(4), nonce = arg(3), token = token, authorized = false }
    s.explicit, s.repeats, s.member, s.status, s.joinedAt = false, 0, true, nil, W
    if s.joinedAfter == nil then
      -- JOIN: the mailbox of somebody who was never written to begins here and now.
      if s.direct == 0 then confirm(s, C.head) end
      s.joinedAfter, s.broadcastsBefore = C.head, C.broadcasts
    end
    call('ZADD', B .. ':members', s.n, callsign)
    event('join', '{"callsign":"' .. callsign .. '"' .. ',"sender":' .. attested(verified, authorized) .. '}')
    if C.hooks > 0 then owe('member.joined', callsign, nil, verified, authorized) end
    ${turned('joined', 'callsign')}
  end
  held.authorized = held.authorized or authorized
  if s.identityId == nil and identity ~= '' then s.identityId = identity end
  held.verified = s.identityId ~= nil
  savesession(callsign, held)
  call('HSET', B .. ':seen', callsign, ARGV[1])
  call('HSET', B, 'touched', ARGV[1])

  -- JOIN: what was handed over and never confirmed, how much more waits, and what is lost. Moves nothing.
  local all = peek(s, s.confirmed, 1e18, 1e18, false)
  local shown, size, pending = {}, 0, 0
  for _, m in ipairs(all.heard) do
    if m.id > s.handed then pending = pending + 1
    else
      size = size + cost(m.bytes)
      if #shown > 0 and (#shown >= num(8) or size > num(9)) then
        s.explicit = true
        pending = pending + 1
      else shown[#shown + 1] = m.json end
    end
  end
  save(s)
  local answer = { resumed and 1 or 0, held.nonce, held.hash, held.verified and 1 or 0, held.authorized and 1 or 0, C.ttl,
    all.from, tagof(all.from) or '0', pending, all.gap or {}, C.hooks }
  for _, json in ipairs(shown) do answer[#answer + 1] = json end
  return answer
end
`;

/** session(hash) → 'live', callsign, verified, authorized; or another state and the number of hooks. */
export const SESSION = `
local function main()
  open()
  local callsign = call('HGET', B .. ':sessions', arg(1))
  local s = callsign and session(callsign)
  if s then
    local seen = call('HGET', B .. ':seen', callsign)
    if timeleft(callsign, seen, call('HGET', B .. ':parked', callsign)) > 0 then
      call('HSET', B .. ':seen', callsign, ARGV[1])
      call('HSET', B, 'touched', ARGV[1])
      return { 'live', callsign, s.verified and 1 or 0, s.authorized and 1 or 0 }
    end
    expire(callsign, s, seen)
  end
  return { stoneof(arg(1)) or 'unknown', C.hooks }
end
`;

/** leave(hash) → 0 when it was not live; else 1 and the number of hooks. */
export const LEAVE = `
local function main()
  open()
  local callsign = call('HGET', B .. ':sessions', arg(1))
  if not callsign then return 0 end
  forgetsession(callsign, arg(1))
  call('ZREM', B .. ':members', callsign)
  local s = seat(callsign)
  s.member = false
  save(s)
  event('leave', cjson.encode({ callsign = callsign }))
  if C.hooks > 0 then owe('member.left', callsign, nil) end
  ${turned('left', 'callsign')}
  return 1 + C.hooks
end
`;

/** roster() → seat, live, seen, marks for each member; hooks last. */
export const ROSTER = `
local function main()
  open()
  local names = call('ZRANGE', B .. ':members', 0, -1)
  local answer = { C.ttl, C.hooks > 0 and call('HVALS', B .. ':hooks') or {} }
  if #names == 0 then return answer end
  local seats, seen = call('HMGET', B .. ':seats', unpack(names)), call('HMGET', B .. ':seen', unpack(names))
  local marks = call('HMGET', B .. ':parked', unpack(names))
  for i, callsign in ipairs(names) do
    local s = session(callsign)
    answer[#answer + 1] = { seats[i], s and 1 or 0, s and s.authorized and 1 or 0, seen[i], isparked(marks[i]) and 1 or 0 }
  end
  return answer
end
`;

/** counts() → members, listening, messages, head, config, last sign of life, guards that stopped somebody. */
export const COUNTS = `
local function main()
  open()
  local listening = 0
  for _, marks in ipairs(call('HVALS', B .. ':parked')) do if isparked(marks) then listening = listening + 1 end end
  local rest = call('HMGET', B, 'config', 'touched', 'trips')
  return { call('ZCARD', B .. ':members'), listening, call('XLEN', B .. ':ring'), C.head, rest[1], rest[2], #cjson.decode(rest[3] or '[]') }
end
`;

/**
 * parked(callsign, until, seen, …): what this node knows of its listeners. An empty time: none is parked here any more.
 * A mark ends by itself when its node does not renew it.
 */
export const PARKED = `
local function main()
  if call('EXISTS', B) == 0 then return 0 end
  for i = 5, #ARGV, 3 do
    local callsign, till, seen = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
    if call('HEXISTS', B .. ':seats', callsign) == 1 then markparked(callsign, till, seen) end
  end
  return 1
end
`;

/** sweep(oldest key, idle none, idle transcript, band, band seat, band bound seat) → 1 when the channel was removed, -1 when it is not there, 2 when it has hooks. */
export const SWEEP = `
local function main()
  if call('EXISTS', B) == 0 then return -1 end
  makeroom()
  open()
  expireall()
  for hash, till in pairs((function()
    local list, out = call('HGETALL', B .. ':stones'), {}
    for i = 1, #list, 2 do out[list[i]] = string.match(list[i + 1], ' (.*)$') end
    return out
  end)()) do if tonumber(till) <= T then call('HDEL', B .. ':stones', hash) end end
  local old = call('ZRANGEBYSCORE', B .. ':keysat', '-inf', '(' .. arg(1))
  for _, name in ipairs(old) do call('HDEL', B .. ':keys', name) end
  if #old > 0 then call('ZREMRANGEBYSCORE', B .. ':keysat', '-inf', '(' .. arg(1)) end
  for _, marks in ipairs(call('HVALS', B .. ':parked')) do
    if isparked(marks) then call('HSET', B, 'touched', ARGV[1]) end
  end
  if arg(4) == '1' then
    -- BAND: seats that nobody has come back to are given up.
    for _, callsign in ipairs(call('HKEYS', B .. ':seats')) do
      local s = seat(callsign)
      local most = s.identityId == nil and num(5) or num(6)
      local seen = tonumber(call('HGET', B .. ':seen', callsign) or '0')
      if T - seen > most and not session(callsign) and not isparked(call('HGET', B .. ':parked', callsign)) then
        for _, name in ipairs({ 'seats', 'seen', 'parked', 'said' }) do call('HDEL', B .. ':' .. name, callsign) end
        call('ZREM', B .. ':members', callsign)
        call('UNLINK', B .. ':confirmed:' .. callsign, B .. ':handed:' .. callsign)
      end
    end
    return C.hooks > 0 and 2 or 0
  end
  if T - tonumber(call('HGET', B, 'touched')) <= (C.keep == 'none' and num(2) or num(3)) then return C.hooks > 0 and 2 or 0 end
  if C.hooks > 0 then owe('channel.closed', nil, 'idle') end
  bury(false)
  forgetclosed()
  return 1
end
`;
