/**
 * What is owed to webhooks, restated from `core/outbox.ts` and `core/webhooks.ts`: put in by the script of what happened.
 *
 * Of a hook: `owed:ID`, by number the time from which it may be claimed; `items:ID`, each delivery as JSON; `bodies:ID`,
 * the message of each, as it lies in the ring, until the delivery is settled; `done:ID`, what is behind it. They outlive
 * the channel until nothing is owed.
 */
export const OUTBOX = `
-- How many deliveries this step gave up.
local gaveup = 0
local function finishitem(hook, n, item, state, reason)
  if state == 'failed' then gaveup = gaveup + 1 end
  if item.lease and item.type ~= 'webhook.test' then call('HDEL', B .. ':busy', hook) end
  item.state, item.reason, item.lease = state, reason, nil
  call('HSET', B .. ':items:' .. hook, n, cjson.encode(item))
  call('ZREM', B .. ':owed:' .. hook, n)
  local size = call('HSTRLEN', B .. ':bodies:' .. hook, n)
  if size > 0 then call('HINCRBY', B .. ':held', hook, -size) end
  call('HDEL', B .. ':bodies:' .. hook, n)
  call('RPUSH', B .. ':done:' .. hook, n)
end
-- The numbers that are owed, in the order of happening, whatever they are due.
local function owedto(hook)
  local found = call('ZRANGE', B .. ':owed:' .. hook, 0, -1, 'WITHSCORES')
  local list = {}
  for i = 1, #found, 2 do list[#list + 1] = { n = tonumber(found[i]), at = tonumber(found[i + 1]) } end
  table.sort(list, function(a, b) return a.n < b.n end)
  return list
end
local function itemof(hook, n) return cjson.decode(call('HGET', B .. ':items:' .. hook, n)) end
local function putitem(hook, most, bytes, item, body, from)
  local n = call('HINCRBY', B .. ':held', '#', 1)
  item.id, item.at, item.state, item.attempts = 'msg_' .. string.sub(redis.sha1hex(B .. ' ' .. n .. ' ' .. ARGV[2]), 1, 32), W, 'pending', {}
  call('HSET', B .. ':items:' .. hook, n, cjson.encode(item))
  call('ZADD', B .. ':owed:' .. hook, exact(from or T), n)
  local held = 0
  if body then
    call('HSET', B .. ':bodies:' .. hook, n, body)
    held = call('HINCRBY', B .. ':held', hook, #body)
  end
  -- WEBHOOK: bounded; the oldest is given up, and says so. Not what is under way: it may arrive, and the next would be a second
  -- request beside it.
  local count = call('ZCARD', B .. ':owed:' .. hook)
  if count > most or held > bytes then
    for _, oldest in ipairs(owedto(hook)) do
      if oldest.n == n or (count <= most and held <= bytes) then break end
      local waits = itemof(hook, oldest.n)
      if not waits.lease or oldest.at <= T then
        finishitem(hook, oldest.n, waits, 'failed', 'given up: more than the hub keeps was waiting')
        held, count = tonumber(call('HGET', B .. ':held', hook) or '0'), count - 1
      end
    end
  end
  return n
end
local function owe(type, callsign, reason, a, b, c, json)
  for _, text in ipairs(call('HVALS', B .. ':hooks')) do
    local hook = cjson.decode(text)
    local wanted = false
    for _, one in ipairs(hook.events) do wanted = wanted or one == type end
    if hook.disabled ~= cjson.null then wanted = false end
    local item = { type = type }
    if type == 'message.created' then
      if hook.callsign ~= cjson.null then wanted = wanted and (c == hook.callsign or (c == 'all' and b ~= hook.callsign)) end
      item.messageId = a
      if C.keep ~= 'none' then item.seq = C.seq end
    elseif type == 'member.joined' then item.member = { callsign = callsign, verified = a, authorized = b }
    elseif type == 'member.left' then item.member = { callsign = callsign, reason = reason }
    else item.why = reason end
    if wanted then putitem(hook.id, hook.most, hook.bytes, item, json) end
  end
end
local function forgethook(hook)
  call('HDEL', B .. ':hooks', hook)
  call('HDEL', B .. ':held', hook)
  call('HDEL', B .. ':busy', hook)
  for _, name in ipairs({ 'owed', 'items', 'bodies', 'done' }) do call('UNLINK', B .. ':' .. name .. ':' .. hook) end
  if call('HLEN', B .. ':hooks') == 0 then call('UNLINK', B .. ':held', B .. ':busy') end
  if call('EXISTS', B) == 1 then call('HINCRBY', B, 'hooks', -1) end
end
-- A hook of a channel that is gone stays until it has been told.
local function isclosed() return call('EXISTS', B) == 0 or call('HGET', B, 'halt') == 'closed' end
local function forgetifclosed(hook)
  if isclosed() and call('ZCARD', B .. ':owed:' .. hook) == 0 then forgethook(hook) end
end
local function forgetclosed()
  for _, hook in ipairs(call('HKEYS', B .. ':hooks')) do forgetifclosed(hook) end
end

-- A delivery as it is claimed: hook, number, item, when it may be claimed, message, line of the transcript.
local function claimed(hook, n, lease)
  local item = itemof(hook, n)
  item.lease = lease
  call('HSET', B .. ':items:' .. hook, n, cjson.encode(item))
  local line = {}
  if item.seq then
    local entry = call('XRANGE', B .. ':events', item.seq .. '-0', item.seq .. '-0')[1]
    if entry then line = entry[2] end
  end
  return { call('HGET', B .. ':hooks', hook), n, call('HGET', B .. ':items:' .. hook, n), call('HGET', B .. ':bodies:' .. hook, n) or '', line }
end
-- Forgets what was done long ago.
local function forgetdone(hook, most)
  while call('LLEN', B .. ':done:' .. hook) > most do
    call('HDEL', B .. ':items:' .. hook, call('LPOP', B .. ':done:' .. hook))
  end
end
local function disable(id, reason)
  local hook = cjson.decode(call('HGET', B .. ':hooks', id))
  hook.disabled = reason
  call('HSET', B .. ':hooks', id, cjson.encode(hook))
  for _, one in ipairs(owedto(id)) do finishitem(id, one.n, itemof(id, one.n), 'failed', 'given up: the webhook was disabled') end
end
`;

/** addHook(id, hook, most, hash of the join token or '') */
export const ADD_HOOK = `
local function main()
  open()
  if C.halt == 'closed' then refuse('closed') end
  -- Its address was looked at meanwhile, which takes long enough for the owner to change the token.
  if arg(4) ~= '' and arg(4) ~= C.token then refuse('rotated') end
  local n = call('HLEN', B .. ':hooks')
  if n >= num(3) then refuse('hub_full', 'The channel has ' .. n .. ' webhooks, as many as it may have.') end
  local hook = cjson.decode(arg(2))
  hook.n = call('HINCRBY', B, 'hooksEver', 1)
  call('HSET', B .. ':hooks', arg(1), cjson.encode(hook))
  call('HINCRBY', B, 'hooks', 1)
  return 1
end
`;

/** hooks() */
export const HOOKS = `
local function main()
  open()
  if C.halt == 'closed' then return {} end
  return call('HVALS', B .. ':hooks')
end
`;

/** countHooks() → armed, disabled, deliveries that wait. A channel that is closed has only the last. */
export const COUNT_HOOKS = `
local function main()
  local armed, disabled, waiting = 0, 0, 0
  local closed = isclosed()
  for _, text in ipairs(call('HVALS', B .. ':hooks')) do
    local hook = cjson.decode(text)
    waiting = waiting + call('ZCARD', B .. ':owed:' .. hook.id)
    if hook.disabled == cjson.null then armed = armed + 1 else disabled = disabled + 1 end
  end
  if closed then return { 0, 0, waiting } end
  return { armed, disabled, waiting }
end
`;

/** removeHook(id) → 1 when it was there. */
export const REMOVE_HOOK = `
local function main()
  open()
  if call('HEXISTS', B .. ':hooks', arg(1)) == 0 then return 0 end
  forgethook(arg(1))
  return 1
end
`;

/** disableHooks(reason, key, …): every armed hook whose secret is under none of these keys → how many. */
export const DISABLE_HOOKS = `
local function main()
  local count = 0
  for _, text in ipairs(call('HVALS', B .. ':hooks')) do
    local hook = cjson.decode(text)
    local known = hook.disabled ~= cjson.null
    for i = 6, #ARGV do known = known or string.match(hook.secret, '^([^%.]*)%.') == ARGV[i] end
    if not known then
      disable(hook.id, arg(1))
      count = count + 1
    end
  end
  return count
end
`;

/** deliveries(hook, limit) → number, item, when it is tried next ('' when it is not) of each, the newest first. */
export const DELIVERIES = `
local function main()
  open()
  if C.halt == 'closed' or call('HEXISTS', B .. ':hooks', arg(1)) == 0 then return {} end
  local list = {}
  for _, n in ipairs(call('HKEYS', B .. ':items:' .. arg(1))) do list[#list + 1] = tonumber(n) end
  table.sort(list, function(a, b) return a > b end)
  local answer = { 1 }
  for i = 1, math.min(#list, num(2)) do
    answer[#answer + 1] = { list[i], call('HGET', B .. ':items:' .. arg(1), list[i]), call('ZSCORE', B .. ':owed:' .. arg(1), list[i]) or '' }
  end
  return answer
end
`;

/** claimTest(hook, lease, lease ms) → as claimDue, of one. */
export const CLAIM_TEST = `
local function main()
  open()
  local text = call('HGET', B .. ':hooks', arg(1))
  if not text or C.halt == 'closed' then return {} end
  local hook = cjson.decode(text)
  -- Nobody else's from the start.
  local n = putitem(hook.id, hook.most, hook.bytes, { type = 'webhook.test', dueAt = T }, nil, T + num(3))
  return { claimed(hook.id, n, arg(2)) }
end
`;

/**
 * claimDue(lease, lease ms, limit) → when there may be more ('' never), how many hooks there are, then what is claimed.
 * Of a hook the oldest that is due, and no second one while that is under way; whoever was served last comes last.
 */
export const CLAIM_DUE = `
local function main()
  local answer, soonest, count = { '', 0 }, 1e18, 0
  local hooks = {}
  for _, id in ipairs(call('HKEYS', B .. ':hooks')) do
    hooks[#hooks + 1] = { id = id, busy = tonumber(call('HGET', B .. ':busy', id) or '0') }
  end
  table.sort(hooks, function(a, b) return a.busy == b.busy and a.id < b.id or a.busy < b.busy end)
  for _, hook in ipairs(hooks) do
    local list = owedto(hook.id)
    if #list > 0 and hook.busy > T then soonest = math.min(soonest, hook.busy)
    elseif #list > 0 then
      local due
      for _, one in ipairs(list) do
        if one.at <= T then
          due = due or one
        else soonest = math.min(soonest, one.at) end
      end
      if due and count >= num(3) then soonest = T
      elseif due then
        local till = T + num(2)
        count = count + 1
        soonest = math.min(soonest, till)
        call('HSET', B .. ':busy', hook.id, exact(till))
        call('ZADD', B .. ':owed:' .. hook.id, exact(till), due.n)
        answer[#answer + 1] = claimed(hook.id, due.n, arg(1) .. due.n)
      end
    end
  end
  if soonest < 1e18 then answer[1] = exact(soonest) end
  answer[2] = #hooks
  return answer
end
`;

/** settle(hook, number, lease, attempt, state, retry in ms or reason, kept): what an attempt means for its delivery → how many were given up. */
export const SETTLE = `
local function main()
  local hook, n = arg(1), num(2)
  local text = call('HGET', B .. ':items:' .. hook, n)
  if not text then return 0 end
  local item = cjson.decode(text)
  -- Given up, or another's by now.
  if item.lease ~= arg(3) or item.state ~= 'pending' then return 0 end
  item.attempts[#item.attempts + 1] = cjson.decode(arg(4))
  if item.type ~= 'webhook.test' then call('HDEL', B .. ':busy', hook) end
  if arg(5) == 'retry' then
    item.lease = nil
    call('HSET', B .. ':items:' .. hook, n, cjson.encode(item))
    call('ZADD', B .. ':owed:' .. hook, exact(T + num(6)), n)
    return 0
  end
  finishitem(hook, n, item, arg(5) == 'delivered' and 'delivered' or 'failed', nil)
  if arg(5) == 'disable' then disable(hook, arg(6)) end
  forgetdone(hook, num(7))
  forgetifclosed(hook)
  return gaveup
end
`;
