-- The functions of all scripts. Each script gets those that it calls. Times are milliseconds since 1970 by the store's
-- clock.

-- The same throughout a script.
local instant
local function now()
  if not instant then
    local t = redis.call('TIME')
    instant = t[1] * 1000 + math.floor(t[2] / 1000)
  end
  return instant
end

local function digits(n)
  return string.format('%.0f', n)
end

-- The remaining lifetime of a deployment: '' if it never expires, nil if it has expired.
local function time_left(expires)
  if expires == '0' then return '' end
  local left = tonumber(expires) - now()
  if left > 0 then return digits(left) end
  return nil
end

-- The facts of a stored value: revision, nonce, size, and when it expires (0: never); nil if there is none.
-- An expired lease is returned until it is swept, with 'expired' set.
local function parse_value(text)
  local revision, mark, size, expires = string.match(text, '^[12] (%d+) (%x+) (%d+) %d+ (%d+)\n')
  if not revision then return nil end
  expires = tonumber(expires)
  local expired = expires > 0 and expires <= now()
  return {revision = revision, mark = mark, size = tonumber(size), expires = expires, expired = expired}
end

local function find_value(value)
  return parse_value(redis.call('GETRANGE', value, 0, 127))
end

-- Whether the writer holds the lease that fences the write. fence: '' for none, or '=' and the lease's mark.
local function holds_fence(value, fence)
  if fence == '' then return true end
  local lease = find_value(value)
  return lease ~= nil and lease.expires > 0 and not lease.expired and '=' .. lease.mark == fence
end

-- The part of a deployment that was lost, if there are not as many names and properties of keys as the record counts;
-- otherwise nil. count: of the record; a deployment of version 0.1 has none. names: how many there are, or nil.
local function lost_part(count, names, index)
  count = tonumber(count or nil)
  if not count then return nil end
  if names and names ~= count then return 'names' end
  if index and redis.call('HLEN', index) ~= count then return 'index' end
  return nil
end

-- The part that was lost of a key that has no value; nil if the key is absent.
local function lost_value(count, names, index, key)
  if redis.call('HEXISTS', index, key) == 1 then return 'value' end
  return lost_part(count, names, index)
end

-- Updates a record after a change of a key. count: how many keys it counts now; false or nil if it does not count them.
local function update_record(record, revision, bytes, at, seq, count)
  local fields = {'rev', revision, 'bytes', digits(bytes), 'updated', at, 'seq', digits(seq)}
  if count then fields[9], fields[10] = 'keys', digits(count) end
  redis.call('HSET', record, (table.unpack or unpack)(fields))
end

-- What every read returns of a deployment: its epoch, its namespace's, the revoked tickets and the time, separated by
-- spaces; remaining lifetime; number of failures; state; reason. Nil if it does not exist.
local function head(record)
  local r = redis.call('HMGET', record, 'epoch', 'expires', 'fails', 'state', 'reason', 'nsepoch', 'revoked')
  local left = r[1] and time_left(r[2])
  if not left then return nil end
  r[1] = r[1] .. ' ' .. (r[6] or '') .. ' ' .. (r[7] or '') .. ' ' .. digits(now())
  r[2] = left
  r[6] = nil
  r[7] = nil
  return r
end

-- Whether one of the tickets, ids separated by dots, is among the revoked ones.
local function is_revoked(tickets, revoked)
  if not revoked or revoked == '' then return false end
  for ticket in string.gmatch(tickets, '[^.]+') do
    if string.find('.' .. revoked .. '.', '.' .. ticket .. '.', 1, true) then return true end
  end
  return false
end

-- A proof is the epoch of the deployment, that of its namespace, the tickets that the credential derives from, and when
-- it expires, separated by spaces; '*' for what it is not bound to, 0 for one that does not expire.
-- Returns nil if the proof holds, otherwise the reason.
local function refuses(proof, epoch, nsepoch, revoked)
  local e, n, tickets, expires = string.match(proof, '^(%S+) (%S+) (%S+) (%d+)$')
  if e and expires ~= '0' and tonumber(expires) <= now() then return 'expired' end
  if not e or (e ~= '*' and e ~= epoch) or (n ~= '*' and n ~= nsepoch) then return 'revoked' end
  if is_revoked(tickets, revoked) then return 'revoked' end
  return nil
end

-- The remaining lifetime of a caller's credential, in ms; left: as the instance knows it.
local function caller_left(proof, left, n)
  local expires = string.match(proof, '%d+$')
  if left == '' or expires == '0' then return left end
  return tonumber(expires) - n
end

-- Authorizes a write: the deployment exists and the caller's epochs are current.
-- Returns the fields that writes change, or nil and the reason.
local function authorize(record, proof)
  local r = redis.call(
    'HMGET', record, 'epoch', 'expires', 'rev', 'bytes', 'seq', 'state', 'nsepoch', 'revoked', 'keys')
  if not r[1] or not time_left(r[2]) then return nil, 'gone' end
  local refused = refuses(proof, r[1], r[7], r[8])
  if refused then return nil, refused end
  return {rev = tonumber(r[3]), bytes = tonumber(r[4]), seq = tonumber(r[5]), state = r[6], nsepoch = r[7],
    keys = tonumber(r[9] or nil)}
end

-- Stores an event in the ring of the last 1,000. The record already has its number.
local function append_event(events, seq, at, revision, kind, what)
  local line = digits(seq) .. ' ' .. at .. ' ' .. revision .. ' ' .. kind .. ' ' .. what
  redis.call('HSET', events, digits(seq % 1000), line)
end

-- What an event of a key says: the key and, on a second line, who wrote or removed it ('' if that is not known).
local function key_event(key, writer)
  return writer == '' and key or key .. '\n' .. writer
end

-- Stores a security event: among the others, and in a ring of its own of the last 200, which other changes cannot
-- overwrite.
-- Routine events ('' for sec: renewals, repeated redemptions) have 100 slots of their own, so that they cannot
-- overwrite the rest.
local function append_security(events, security, seq, sec, at, revision, kind, what)
  append_event(events, seq, at, revision, kind, what)
  local place = sec == '' and 'r' .. digits(seq % 100) or digits(sec % 200)
  redis.call('HSET', security, place, digits(seq) .. ' ' .. at .. ' ' .. revision .. ' ' .. kind .. ' ' .. what)
end

-- The open failure of a source: its field and the entry; nil if there is none.
-- hashes: 32 digits each, that of the current secret first.
local function find_failure(failures, hashes)
  for i = 1, #hashes, 32 do
    local source = string.sub(hashes, i, i + 31)
    local entry = redis.call('HGET', failures, source)
    if entry then return source, entry end
  end
end

-- The sealed note of the oldest open failure; nil if there is none.
local function oldest_failure(failures)
  local first, note
  for _, entry in ipairs(redis.call('HVALS', failures)) do
    local seq, rest = string.match(entry, '^(%d+) [^\n]+\n(.*)$')
    if not first or tonumber(seq) < first then first, note = tonumber(seq), rest end
  end
  return note
end

-- Opens a failure, unless its source has one. False if too many other sources have one.
local function open_failure(record, failures, report, seq, at)
  if find_failure(failures, report.source) then return true end
  if redis.call('HLEN', failures) >= 1000 then return false end
  if redis.call('HGET', record, 'state') ~= 'failed' then
    redis.call('HSET', record, 'state', 'failed', 'reason', report.note)
    redis.call('HINCRBY', record, 'fails', 1)
  end
  local entry = digits(seq) .. ' ' .. at .. ' ' .. report.family .. ' ' .. report.how .. '\n' .. report.note
  redis.call('HSET', failures, string.sub(report.source, 1, 32), entry)
  return true
end

-- The dead man's switch of a lease: how long the lease lives, the namespace epoch that must be current ('*' for any),
-- and the failure to report. Nil if it has none.
local function find_switch(switches, key)
  local life, nsepoch, family, source, note =
    string.match(redis.call('HGET', switches, key) or '', '^(%d+) (%S+) %S+ (%S+) (%x+)\n(.*)$')
  if not life then return nil end
  return {life = tonumber(life), nsepoch = nsepoch, family = family, source = source, note = note, how = 'lapsed'}
end

-- Reports the failure of a switch whose lease has lapsed, as the event seq.
local function fire(record, failures, events, switch, seq, at, revision)
  open_failure(record, failures, switch, seq, at)
  append_event(events, seq, at, revision, 'failed', switch.note)
end

-- The lifetime of a derived credential: the requested one, limited to what its parent could be renewed to ('window' ms
-- after the deployment was created, '' for no limit) or its remaining lifetime ('' if only the window counts).
-- Nil if no credential can be derived.
local function derived_lifetime(lifetime, created, n, window, left)
  if window == '' then return lifetime end
  local open = created + window - n
  if left == '' then return open > 0 and lifetime or nil end
  lifetime = math.min(lifetime, math.max(open, tonumber(left)))
  return lifetime > 0 and lifetime or nil
end

-- The expiry of a deployment after a token was issued that expires at 'latest': a deployment that ends with its tokens
-- is extended, up to its maximum lifetime ('' or ms).
local function expires_with_token(expires, ends, latest, created, longest)
  if ends ~= 'token' then return expires end
  if longest ~= '' then latest = math.min(latest, created + longest) end
  return latest > tonumber(expires) and digits(latest) or expires
end

-- channel: the command that publishes, and the name of the channel.
local function publish(channel, change)
  local command, name = string.match(channel, '^(%u+) (.+)$')
  redis.call(command, name, change)
end

-- Deletes the record of a deployment; its data is removed later. The tombstone keeps its owner for 7 days.
-- A full store accepts the deletion but not the tombstone.
local function mark_deleted(record, tombstone, names, index, lost, channel, change)
  local r = redis.call('HMGET', record, 'source', 'uid', 'ns', 'keys')
  if lost_part(r[4], redis.call('ZCARD', names), index) then redis.pcall('SET', lost, '1') end
  redis.call('DEL', record)
  if r[1] then redis.pcall('SET', tombstone, r[1] .. '\n' .. r[2] .. '\n' .. r[3], 'PX', 604800000) end
  publish(channel, change)
end

-- The result of an earlier write with the same idempotency key if it was the same write, otherwise 'reused'. Nil for a
-- new key.
-- fingerprints: 32 digits each, the current secret's first; '' for a write that is not replayable.
local function first_answer(replay, fingerprints)
  local first = fingerprints ~= '' and redis.call('GET', replay)
  if not first then return nil end
  local same, revision, mark, expires = string.match(first, '^(%x+) (%d+) (%x*) (%d+)$')
  for i = 1, #fingerprints, 32 do
    if string.sub(fingerprints, i, i + 31) == same then
      -- A write, so that WAIT waits for the first one too, which may be of another connection (redis.min_replicas).
      redis.call('PEXPIRE', replay, redis.call('PTTL', replay))
      return {'done', revision, mark, expires}
    end
  end
  return {'reused'}
end

-- Stores the result of a replayable write for 24 hours. expires: '0' unless the write stored a lease.
local function remember(replay, fingerprints, revision, mark, expires)
  if fingerprints == '' then return end
  local result = string.sub(fingerprints, 1, 32) .. ' ' .. revision .. ' ' .. mark .. ' ' .. expires
  redis.call('SET', replay, result, 'PX', 86400000)
end

-- Whether a condition holds: '' none, 'absent', 'exists', or one or more marks, each between blanks.
-- mark: of the value; nil or false if there is none.
local function check_condition(condition, mark)
  if condition == '' then return true end
  if condition == 'absent' then return not mark end
  if not mark then return false end
  return condition == 'exists' or string.find(condition, ' ' .. mark .. ' ', 1, true) ~= nil
end

