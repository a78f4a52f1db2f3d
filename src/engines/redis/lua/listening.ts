/** Scripts of a listener: it arrives, reads, its answer is handed over; an observer looks on. */

/**
 * arrive(callsign, since, id, tag, until, session, token, verified, authorized, recalled, newest, its tag) → id, tag, head, how often sessions
 * began or ended, 1 when a read from there would find nothing; then, with a time until which it will be parked, it is marked.
 */
export const ARRIVE = `
local function main()
  open()
  if arg(10) == '1' then
    prove(arg(1), arg(6), arg(7), arg(8), arg(9))
    call('HSET', B, 'touched', ARGV[1])
  else hearing(arg(1), arg(6)) end
  rolledback(num(11), arg(12), true)
  local s = myseat(arg(1))
  local function state() return s.confirmed .. tostring(s.explicit) .. s.rewound .. s.repeats .. ' ' .. (s.again or 0) end
  local before = state()
  local from = arrive(s, arg(2), num(3), arg(4))
  if before ~= state() then save(s) end
  -- Where it has a few to look through, what is for others alone is nothing to read.
  local empty = not hasgap(s, from) and (from >= C.head or (C.head - from <= 16 and countafter(s, from) == 0))
  if empty and arg(5) ~= '' then markparked(arg(1), arg(5), T) end
  return { from, tagof(from) or '0', C.head, C.turnover, empty and 1 or 0 }
end
`;

/** acknowledge(callsign, since, id, tag) → id, tag of what is confirmed from now on. The start of the ring is no evidence. */
export const ACKNOWLEDGE = `
local function main()
  open()
  local s = myseat(arg(1))
  if arg(2) ~= 'start' then
    arrive(s, arg(2), num(3), arg(4))
    save(s)
  end
  return position(s.confirmed)
end
`;

/** read(callsign, from, bare, final, rewoundTold, messages, bytes, tag of from, session, newest, its tag): take() of mailbox.ts → 'nothing', 'held' or a slice. */
export const READ = `
local function main()
  open()
  hearing(arg(1), arg(9))
  rolledback(num(10), arg(11), true)
  local s = myseat(arg(1))
  local from, bare, final = num(2), arg(3) == '1', arg(4) == '1'
  -- GAP: it was parked at a place that this history does not have: the store was rolled back (a failover).
  if not inhistory(from, arg(8)) then
    rewind(s, from)
    from = s.confirmed
  end
  local slice = peek(s, from, num(6), num(7), arg(5) == '1')
  local empty = #slice.heard == 0 and slice.gap == nil
  local again = true
  for _, m in ipairs(slice.heard) do again = again and m.again end
  if not final then
    if empty then return 'nothing' end
    local fresh = not again or (slice.gap ~= nil and lostsince(s))
    -- LISTEN: an agent that never gives evidence is not answered at once with the same messages for ever.
    if not fresh and bare and s.explicit and s.repeats >= 3 then return 'held' end
  end
  local before = s.sent .. ' ' .. s.repeats .. ' ' .. #s.lost
  if bare and s.explicit and not empty and again then s.repeats = s.repeats + 1 end
  if slice.gap then notelost(s, s.handed + 1, C.floor) end
  if slice.cursor > s.sent then s.sent = slice.cursor end
  if slice.gap or before ~= s.sent .. ' ' .. s.repeats .. ' ' .. #s.lost then save(s) end
  return sliced(slice)
end
`;

/** handed(callsign, after, cursor, rewound, until, seen): the last two as for `parked`, when there is something to tell. */
export const HANDED = `
local function main()
  open()
  local s = seat(arg(1))
  if not s then return 0 end
  local before = s.handed .. s.rewound
  handover(s, num(2), num(3), arg(4) == '1')
  if before ~= s.handed .. s.rewound then save(s) end
  if arg(6) ~= '' then markparked(arg(1), arg(5), num(6)) end
  return 1
end
`;

/** observe(since, id, tag, messages, bytes, hash of the join token) → how often sessions began or ended, and a slice for whoever has no seat. */
export const OBSERVE = `
local function main()
  open()
  if C.halt == 'closed' then refuse('closed') end
  if C.token ~= arg(6) then refuse('rotated') end
  local at = arg(1)
  local lost = at == 'position' and not inhistory(num(2), arg(3))
  local from = C.head
  if at == 'position' then from = lost and C.floor or num(2) elseif at == 'start' then from = C.floor end
  local found = from < C.head and ringafter(from) or {}
  local most = num(4)
  local heard, size = {}, 0
  for i = 1, math.min(#found, most) do
    size = size + cost(found[i].bytes)
    if i > 1 and size > num(5) then break end
    heard[i] = found[i]
  end
  local more = #heard < #found
  local first = call('XRANGE', B .. ':ring', '-', '+', 'COUNT', 1)[1]
  local oldest = first and tonumber(string.match(first[1], '^%d+')) or -1
  local gap
  if lost then gap = { 'rewound', -1, oldest } elseif from < C.floor then gap = { 'rotated', C.floor - from, oldest } end
  return { C.turnover, sliced({ heard = heard, from = from, cursor = more and heard[#heard].id or C.head, more = more, gap = gap }) }
end
`;

/** history(n) → messages, newest first. */
export const HISTORY = `
local function main()
  open()
  local answer = {}
  for i, entry in ipairs(call('XREVRANGE', B .. ':ring', '+', '-', 'COUNT', num(1))) do answer[i] = entry[2][8] end
  return answer
end
`;

/** receipts(id) → head, floor, message, from, to, then seat, marks of confirmed, marks of handed for each it is for. */
export const RECEIPTS = `
local function main()
  open()
  local id = num(1)
  if id < 1 or id > C.head then return { C.head, C.floor, '', '' } end
  local json, about = '', nil
  local entry = call('XRANGE', B .. ':ring', id .. '-0', id .. '-0')[1]
  if entry then
    json = entry[2][8]
    about = { id = id, from = entry[2][2], to = entry[2][4] }
  else
    entry = call('XRANGE', B .. ':gone', id .. '-0', id .. '-0')[1]
    if entry then about = { id = id, from = entry[2][2], to = entry[2][4] } end
  end
  local answer = { C.head, C.floor, json, about and about.from or '' }
  if not about then return answer end
  for _, text in ipairs(call('HVALS', B .. ':seats')) do
    local s = cjson.decode(text)
    if isfor(s, about) then
      answer[#answer + 1] = text
      answer[#answer + 1] = call('LRANGE', B .. ':confirmed:' .. s.callsign, 0, -1)
      answer[#answer + 1] = call('LRANGE', B .. ':handed:' .. s.callsign, 0, -1)
    end
  end
  return answer
end
`;

/** transcript(after, limit) → number, fields of each event. */
export const TRANSCRIPT = `
local function main()
  open()
  return call('XRANGE', B .. ':events', '(' .. arg(1) .. '-0', '+', 'COUNT', num(2))
end
`;

/**
 * missed(id, newest, its tag, owe) → head, 1 when the store was rolled back, how often sessions began or ended, then what the ring has after the id, for a node
 * that may have missed a hint. `newest` is what the node knows to have been said.
 */
export const MISSED = `
local function main()
  open()
  local back = rolledback(num(2), arg(3), arg(4) == '1')
  local answer = { C.head, back and 1 or 0, C.turnover }
  if back or num(1) >= C.head then return answer end
  for _, m in ipairs(ringafter(num(1))) do
    answer[#answer + 1] = m.id .. ' ' .. m.from .. ' ' .. m.to
  end
  return answer
end
`;
