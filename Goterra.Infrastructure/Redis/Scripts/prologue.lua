-- Stands before every other script. Times are milliseconds since 1970 by the store's clock.

local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function digits(n)
  return string.format('%.0f', n)
end

-- How long a deployment with this expiry still lives, '' for until it is deleted; nil if it is over.
local function time_left(expires)
  if expires == '0' then return '' end
  local left = tonumber(expires) - now()
  if left > 0 then return digits(left) end
  return nil
end

-- What stands at the head of a stored value's blob: its revision, mark, size, and when it ends (0: never), nil where there is none.
-- A lease that is over counts as absent, and is nevertheless there until it is swept: 'expired' tells.
local function find_value(value)
  local revision, mark, size, expires = string.match(redis.call('GETRANGE', value, 0, 127), '^[12] (%d+) (%x+) (%d+) %d+ (%d+)\n')
  if not revision then return nil end
  expires = tonumber(expires)
  return {revision = revision, mark = mark, size = tonumber(size), expires = expires, expired = expires > 0 and expires <= now()}
end

-- Whether the writer holds the lease that fences the write. fence: '' for none, or '=' and the lease's tag.
local function holds_fence(value, fence)
  if fence == '' then return true end
  local lease = find_value(value)
  return lease ~= nil and lease.expires > 0 and not lease.expired and '=' .. lease.revision .. '.' .. lease.mark == fence
end

-- What must be known of a deployment at each access: its epoch and its namespace's with a blank between, time left, failures so far, state, reason; nil where it does not live.
local function head(record)
  local r = redis.call('HMGET', record, 'epoch', 'expires', 'fails', 'state', 'reason', 'nsepoch')
  local left = r[1] and time_left(r[2])
  if not left then return nil end
  r[1] = r[1] .. ' ' .. (r[6] or '')
  r[2] = left
  r[6] = nil
  return r
end

-- A proof is the epoch of the deployment and that of its namespace with a blank between; '*' for one that the credential is not bound to.
local function admits(proof, epoch, nsepoch)
  local e, n = string.match(proof, '^(%S+) (%S+)$')
  return e and (e == '*' or e == epoch) and (n == '*' or n == nsepoch)
end

-- A write is let in where the deployment lives and the caller's epochs are the current ones.
-- Gives what a write changes in the record, or nil and the reason.
local function authorize(record, proof)
  local r = redis.call('HMGET', record, 'epoch', 'expires', 'rev', 'bytes', 'seq', 'state', 'fails', 'nsepoch')
  if not r[1] or not time_left(r[2]) then return nil, 'gone' end
  if not admits(proof, r[1], r[8]) then return nil, 'revoked' end
  return {rev = tonumber(r[3]), bytes = tonumber(r[4]), seq = tonumber(r[5]), state = r[6], fails = tonumber(r[7])}
end

-- Keeps an event in the ring of the last 1,000. The record has its number already.
local function append_event(events, seq, at, revision, kind, what)
  redis.call('HSET', events, digits(seq % 1000), digits(seq) .. ' ' .. at .. ' ' .. revision .. ' ' .. kind .. ' ' .. what)
end

-- Keeps an event that concerns credentials: among the others, and in a ring of its own of the last 200, which no flood of changes washes away. What machines
-- do day by day ('' for sec: renewals, a machine that comes again with its ticket) has 100 places beside it: whoever may do that can't wash away the rest.
local function append_security(events, security, seq, sec, at, revision, kind, what)
  append_event(events, seq, at, revision, kind, what)
  local place = sec == '' and 'r' .. digits(seq % 100) or digits(sec % 200)
  redis.call('HSET', security, place, digits(seq) .. ' ' .. at .. ' ' .. revision .. ' ' .. kind .. ' ' .. what)
end

-- How long a credential lives that is derived from another: what was wished for, within what that one could be renewed to ('window' ms after the deployment
-- was made, '' without end) or has left of its own time ('' where only the window counts). Nil where it can't be any more.
local function derived_lifetime(lifetime, created, n, window, left)
  if window == '' then return lifetime end
  local open = created + window - n
  if left == '' then return open > 0 and lifetime or nil end
  lifetime = math.min(lifetime, math.max(open, tonumber(left)))
  return lifetime > 0 and lifetime or nil
end

-- When a deployment ends after a token was made that ends at 'latest': one that ends with its last token lives on with it, within the longest life ('' or ms).
local function expires_with_token(expires, ends, latest, created, longest)
  if ends ~= 'token' then return expires end
  if longest ~= '' then latest = math.min(latest, created + longest) end
  return latest > tonumber(expires) and digits(latest) or expires
end

-- Ends a deployment: from here on it does not live. What belongs to it is removed afterwards. Whose it was is remembered for 7 days; a store that is
-- full removes, and can't remember.
local function mark_deleted(record, grave, channel, change)
  local r = redis.call('HMGET', record, 'source', 'uid', 'ns')
  redis.call('DEL', record)
  if r[1] then redis.pcall('SET', grave, r[1] .. '\n' .. r[2] .. '\n' .. r[3], 'PX', 604800000) end
  redis.call('PUBLISH', channel, change)
end

-- The answer to a write whose idempotency key was used before: the first one if it is the same write, otherwise 'reused'. Nil for a new key.
-- fingerprints: 32 digits each, the current secret's first; '' for a write that is not replayable.
local function first_answer(replay, fingerprints)
  local first = fingerprints ~= '' and redis.call('GET', replay)
  if not first then return nil end
  local same, revision, mark, expires = string.match(first, '^(%x+) (%d+) (%x*) (%d+)$')
  for i = 1, #fingerprints, 32 do
    if string.sub(fingerprints, i, i + 31) == same then return {'done', revision, mark, expires} end
  end
  return {'reused'}
end

-- Keeps the answer to a replayable write for 24 hours. expires: '0' unless the write stored a lease.
local function remember(replay, fingerprints, revision, mark, expires)
  if fingerprints == '' then return end
  redis.call('SET', replay, string.sub(fingerprints, 1, 32) .. ' ' .. revision .. ' ' .. mark .. ' ' .. expires, 'PX', 86400000)
end

-- Whether a condition holds: '' none, 'absent', 'exists', or one or more tags, each between blanks.
local function check_condition(condition, revision, mark)
  if condition == '' then return true end
  if condition == 'absent' then return not revision end
  if not revision then return false end
  return condition == 'exists' or string.find(condition, ' ' .. revision .. '.' .. mark .. ' ', 1, true) ~= nil
end

