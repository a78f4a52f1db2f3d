/**
 * The rules of `core/mailbox.ts` and `core/ring.ts`, restated for the store: function by function, in the same order
 * and under the same names. The suite of the port holds both to the same answers.
 */
export const MAILBOX = `
-- Messages of the ring after an id, oldest first: id, from, to, bytes, json.
local function ringafter(id)
  local found = call('XRANGE', B .. ':ring', '(' .. id .. '-0', '+')
  for i, entry in ipairs(found) do
    local f = entry[2]
    found[i] = { id = tonumber(string.match(entry[1], '^%d+')), from = f[2], to = f[4], bytes = tonumber(f[6]), json = f[8] }
  end
  return found
end
local function goneafter(id)
  local found = call('XRANGE', B .. ':gone', '(' .. id .. '-0', '+')
  for i, entry in ipairs(found) do
    found[i] = { id = tonumber(string.match(entry[1], '^%d+')), from = entry[2][2], to = entry[2][4] }
  end
  return found
end

-- LISTEN: who a message is for.
local function isfor(s, m)
  if m.to == 'all' then return s.joinedAfter ~= nil and m.id > s.joinedAfter and m.from ~= s.callsign end
  return m.to == s.callsign
end
local function countafter(s, id)
  local count = 0
  if id >= C.head then return 0 end
  for _, m in ipairs(ringafter(id)) do if isfor(s, m) then count = count + 1 end end
  return count
end
local function addressed(s)
  return s.direct + (s.joinedAfter == nil and 0 or C.broadcasts - s.broadcastsBefore - s.own)
end
-- GAP: exactly as far back as the ring remembers, and an upper bound for what lies before.
local function leftafter(s, id, known)
  local from = math.max(id, C.goneFloor)
  local remembered = 0
  for _, m in ipairs(goneafter(from)) do if isfor(s, m) then remembered = remembered + 1 end end
  local older = addressed(s) - countafter(s, C.floor) - remembered - known
  return remembered + math.max(0, math.min(older, from - id))
end

local function mark(s, which, id)
  local key = B .. ':' .. which .. ':' .. s.callsign
  if call('RPUSH', key, id .. ' ' .. ARGV[2]) > 64 then call('LPOP', key) end
end
local function notelost(s, first, upto)
  if first > upto then return end
  local last = s.lost[#s.lost]
  if last and first <= last[2] + 1 then last[2] = math.max(last[2], upto)
  else s.lost[#s.lost + 1] = { first, upto } end
  if #s.lost > 16 then table.remove(s.lost, 1) end
end
local function lostsince(s)
  local last = s.lost[#s.lost]
  for _, m in ipairs(goneafter(math.max(s.sent, last and last[2] or 0))) do if isfor(s, m) then return true end end
  return false
end

-- RECEIPT: moves confirmed up to an id, never down and never past the head.
local function confirm(s, id)
  local to = math.min(id, C.head)
  if to <= s.confirmed then return end
  notelost(s, s.sent + 1, math.min(to, C.floor))
  local left = to < C.floor and leftafter(s, to, s.seen) or 0
  s.seen = addressed(s) - countafter(s, math.max(to, C.floor)) - left
  s.confirmed = to
  mark(s, 'confirmed', to)
  if s.handed < to then
    s.handed = to
    mark(s, 'handed', to)
  end
  if s.sent < to then s.sent = to end
  s.repeats = 0
end

-- RECEIPT: the bytes of an answer were accepted by a live socket.
local function handover(s, after, to, rewound)
  if rewound and s.rewound == 'owed' then s.rewound = 'told' end
  if after > s.handed or to <= s.handed or to > s.sent then return end
  s.handed = to
  mark(s, 'handed', to)
end

-- GAP: the store was rolled back behind this seat, which has heard up to an id that is not what it was. What it was given in
-- the history that is gone it may be given again.
local function rewind(s, id)
  s.rewound = 'owed'
  s.again = math.max(s.again or 0, math.min(id, C.head))
end

-- GAP: whether the store was rolled back behind the newest that a hub knows to have been said. Where that is owed, every seat
-- is told so, once for each rolling back, before any of them is given anything again.
local function rolledback(id, tag, owed)
  if inhistory(id, tag) then return false end
  if owed and call('HGET', B, 'rewound') ~= TAG then
    call('HSET', B, 'rewound', TAG)
    for _, callsign in ipairs(call('HKEYS', B .. ':seats')) do
      local s = seat(callsign)
      rewind(s, id)
      save(s)
    end
  end
  return true
end

-- LISTEN: a listen arrives with its evidence; where its answer starts.
local function arrive(s, at, id, tag)
  if at == 'bare' then
    if not s.explicit then
      confirm(s, s.handed)
      if s.rewound == 'told' then s.rewound = 'no' end
    end
    return s.confirmed
  end
  s.explicit = true
  if at == 'start' then return 0 end
  if at == 'position' and not inhistory(id, tag) then
    rewind(s, tag == '' and 0 or id)
    return s.confirmed
  end
  if s.rewound == 'told' then s.rewound = 'no' end
  s.repeats = 0
  local from = at == 'latest' and C.head or id
  confirm(s, from)
  return from
end

-- GAP: what is missed for good, seen from a place.
local function gapafter(s, from, told)
  local first = call('XRANGE', B .. ':ring', '-', '+', 'COUNT', 1)[1]
  local oldest = first and tonumber(string.match(first[1], '^%d+')) or -1
  if s.rewound ~= 'no' and not told then return { 'rewound', -1, oldest } end
  local start = from == 0 and s.confirmed or from
  if start >= C.floor then return nil end
  local missed = leftafter(s, start, start < s.confirmed and 0 or s.seen)
  if missed > 0 then return { 'rotated', missed, oldest } end
  return nil
end
local function hasgap(s, from) return s.rewound ~= 'no' or (from == 0 and s.confirmed or from) < C.floor end

-- Room a message takes beside its text: ENVELOPE_BYTES and cost() of mailbox.ts.
local function cost(bytes) return 256 + 2 * bytes end

-- LISTEN: everything after a place, flagged where it may have been seen. Moves nothing.
local function peek(s, from, messages, bytes, told)
  local heard, size, finish, more = {}, 0, math.max(from, C.head), false
  if from < C.head then
    for _, m in ipairs(ringafter(from)) do
      if isfor(s, m) then
        local c = cost(m.bytes)
        if #heard > 0 and (#heard >= messages or size + c > bytes) then
          more = true
          finish = heard[#heard].id
          break
        end
        size = size + c
        m.again = m.id <= math.max(s.sent, s.again or 0)
        heard[#heard + 1] = m
      end
    end
  end
  local gap = hasgap(s, from) and gapafter(s, from, told) or nil
  return { heard = heard, from = from, cursor = finish, more = more, gap = gap }
end

-- A slice as TypeScript reads it: after, its tag, cursor, its tag, more, gap, then a flag and a message each.
local function sliced(slice)
  local answer = { slice.from, tagof(slice.from) or '0', slice.cursor, tagof(slice.cursor) or '0', slice.more and 1 or 0, slice.gap or {} }
  for _, m in ipairs(slice.heard) do
    answer[#answer + 1] = m.again and 1 or 0
    answer[#answer + 1] = m.json
  end
  return answer
end
`;
