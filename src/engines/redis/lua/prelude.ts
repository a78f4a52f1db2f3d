/**
 * What every script begins with: the keys of a channel, its record, and how a script refuses.
 *
 * KEYS[1] is the base of the channel, `…{channel_id}`: every key begins with it, so that all lie in one slot of a
 * cluster. The arguments begin with the caller's clocks (see the port: time is the hub's), the key that texts are sealed
 * with, and the caller's node, with a + behind it when the answer counts (see link/replicas.ts). TAG, the tag of this run of
 * the store, and WAKE, the end of the name under which hubs are woken, stand before all of it (see link/primary.ts).
 */
export const PRELUDE = `
local B, T, W, SEAL = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local NODE, SURE = string.match(ARGV[4], '^(%w+)(%+?)$')
local call = redis.call
local C
local function arg(i) return ARGV[4 + i] end
local function num(i) return tonumber(ARGV[4 + i]) end
local function exact(n) return string.format('%.17g', n) end

-- A refusal is an answer that begins with '!': the code and what TypeScript makes a sentence of.
local function refuse(...) error({ refusal = { '!', ... } }) end

-- The channel's own record. What was said under another seal cannot be read any more: it has rotated (RETAIN).
local function open()
  local v = call('HMGET', B, 'ttl', 'keep', 'head', 'floor', 'goneFloor', 'bytes', 'broadcasts', 'runs', 'seq', 'seal', 'halt', 'hooks', 'token', 'turnover')
  if not v[1] then refuse('unauthorized') end
  -- Whoever has this write has all that is read here.
  if SURE == '+' then call('HSET', B, 'mark', '') end
  C = {
    ttl = tonumber(v[1]), keep = v[2], head = tonumber(v[3]), floor = tonumber(v[4]), goneFloor = tonumber(v[5]),
    bytes = tonumber(v[6]), broadcasts = tonumber(v[7]), runs = v[8], seq = tonumber(v[9]), halt = v[11] or '',
    hooks = tonumber(v[12] or '0'), token = v[13], turnover = tonumber(v[14] or '0'),
  }
  if v[10] ~= SEAL and C.keep ~= 'full' then
    call('HSET', B, 'seal', SEAL, 'floor', C.head, 'goneFloor', C.head, 'bytes', 0)
    call('UNLINK', B .. ':ring', B .. ':gone')
    C.floor, C.goneFloor, C.bytes = C.head, C.head, 0
  end
end

-- A server that is full refuses the first write of a script, unless that removes something: what makes room begins with it.
local function makeroom() call('UNLINK', B .. ':-') end

-- One line of the transcript, numbered without holes.
local function event(type, json, wall)
  if C.keep == 'none' then return end
  C.seq = C.seq + 1
  call('HSET', B, 'seq', C.seq)
  call('XADD', B .. ':events', C.seq .. '-0', 'type', type, 'at', wall or ARGV[2], 'json', json)
end

-- Which run of the store issued an id: tells this history from one that was rolled back.
local function tagof(id)
  local found
  for from, tag in string.gmatch(C.runs, '(%d+):(%w+)') do
    if tonumber(from) <= id then found = tag end
  end
  return found
end
local function position(id) return { id, tagof(id) or '0' } end
local function inhistory(id, tag)
  if id > C.head then return false end
  if tag == '' then return true end
  local known = tagof(id)
  return known == nil or known == tag
end

-- Presence from evidence: any node that has a listener of the seat, and has said so lately.
local function isparked(marks)
  if not marks then return false end
  for until_ in string.gmatch(marks, '=([%d%.]+)') do
    if tonumber(until_) > T then return true end
  end
  return false
end
local function timeleft(callsign, seen, marks)
  if isparked(marks) then return C.ttl end
  return (tonumber(seen or '0')) + C.ttl - T
end

-- Seats are JSON by callsign; what changes with every call (seen, parked, live) lies beside them.
local function seat(callsign)
  local json = call('HGET', B .. ':seats', callsign)
  return json and cjson.decode(json)
end
local function save(s) call('HSET', B .. ':seats', s.callsign, cjson.encode(s)) end
local function myseat(callsign)
  local s = seat(callsign)
  if not s then refuse(C.halt == 'closed' and 'closed' or 'not_joined') end
  return s
end
local function checkroom(most)
  local n = call('HLEN', B .. ':seats')
  if n >= most then refuse('hub_full', 'The channel has ' .. n .. ' mailboxes, as many as it may have.') end
end
local function newseat(callsign, most)
  checkroom(most)
  call('HSET', B .. ':seen', callsign, ARGV[1])
  -- Moved here after a repair, which may have lost this mailbox.
  local salvaged = call('HGET', B, 'salvaged') == '1'
  return {
    callsign = callsign, n = call('HINCRBY', B, 'seats', 1), confirmed = C.head, handed = C.head, sent = C.head, explicit = false,
    repeats = 0, broadcastsBefore = 0, own = 0, direct = 0, seen = 0, rewound = salvaged and 'owed' or 'no', lost = {}, member = false, joinedAt = 0, spoken = false,
  }
end

local function attested(verified, authorized)
  return '{"verified":' .. tostring(verified) .. ',"authorized":' .. tostring(authorized) .. '}'
end

-- A live session: hash, nonce, hash of the token, authorized, verified.
local function session(callsign)
  local text = call('HGET', B .. ':live', callsign)
  if not text then return nil end
  local hash, nonce, token, authorized, verified = string.match(text, '^([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)$')
  return { hash = hash, nonce = nonce, token = token, authorized = authorized == '1', verified = verified == '1' }
end
local function savesession(callsign, s)
  local text = table.concat({ s.hash, s.nonce, s.token, s.authorized and '1' or '0', s.verified and '1' or '0' }, '\\n')
  call('HSET', B .. ':live', callsign, text)
  call('HSET', B .. ':sessions', s.hash, callsign)
end

-- SESSION: whom a hub goes by from memory: the session is live, and stands under the token it stood under. A sign of
-- life, for the caller to note on the channel.
local function prove(callsign, hash, token, verified, authorized)
  if hash == '' then return false end
  local s = session(callsign)
  if not s or s.hash ~= hash or C.token ~= token or s.verified ~= (verified == '1') or s.authorized ~= (authorized == '1') then
    refuse('outdated')
  end
  local seen = call('HGET', B .. ':seen', callsign)
  if tonumber(seen) + C.ttl - T <= 0 and timeleft(callsign, seen, call('HGET', B .. ':parked', callsign)) <= 0 then refuse('outdated') end
  call('HSET', B .. ':seen', callsign, ARGV[1])
  return true
end

-- What is remembered of a session that ended.
local function stoneof(hash)
  local state, till = string.match(call('HGET', B .. ':stones', hash) or '', '^(%w+) (.*)$')
  return state and tonumber(till) > T and state or nil
end
-- LISTEN: only a live session hears. Another is refused as whoever was parked when it ended is told.
local function hearing(callsign, hash)
  if call('HGET', B .. ':sessions', hash) == callsign then return end
  local state = stoneof(hash) or (C.halt == 'closed' and 'closed' or 'not_joined')
  if state == 'kicked' and call('HEXISTS', B .. ':bans', callsign) == 1 then state = 'banned' end
  refuse(state == 'expired' and 'session_expired' or state)
end
-- Sessions that begin and end are counted, so that a node that was not told knows of it. The word is a hint: see turns.ts.
local function counted()
  C.turnover = call('HINCRBY', B, 'turnover', 1)
end
local function turned(word, callsign)
  counted()
  call('SPUBLISH', B .. WAKE, NODE .. ' 0-' .. C.turnover .. ' ' .. word .. (callsign and ' ' .. callsign or ''))
end

-- Presence: this node has a listener of the callsign until then, or none any more; when it was seen last.
local function markparked(callsign, till, seen)
  local marks = {}
  for node, other in string.gmatch(call('HGET', B .. ':parked', callsign) or '', '(%w+)=([%d%.]+)') do
    if node ~= NODE and tonumber(other) > T then marks[#marks + 1] = node .. '=' .. other end
  end
  if till ~= '' then marks[#marks + 1] = NODE .. '=' .. till end
  if #marks > 0 then call('HSET', B .. ':parked', callsign, table.concat(marks, ' '))
  else call('HDEL', B .. ':parked', callsign) end
  if seen > tonumber(call('HGET', B .. ':seen', callsign) or '0') then call('HSET', B .. ':seen', callsign, exact(seen)) end
  if seen > tonumber(call('HGET', B, 'touched')) then call('HSET', B, 'touched', exact(seen)) end
end
`;

/**
 * What every script ends with: a refusal becomes an answer, anything else stays an error. What the server refused a command
 * with (OOM, READONLY …) begins with its code, which an error of a script would hide behind the line it was raised at.
 */
export const EPILOGUE = `
local ok, answer = pcall(main)
if ok then return answer end
if type(answer) == 'table' and answer.refusal then return answer.refusal end
if type(answer) == 'string' and string.find(answer, '^%u+ ') then return { err = answer } end
error(answer)
`;

/** A list of pairs as TypeScript has it: an empty table of Lua is an object in JSON. */
export const pairsOf = (value: unknown): [number, number][] => (Array.isArray(value) ? (value as [number, number][]) : []);
