-- KEYS: record, names, index, value, replay, events, value of the lease that fences, switches, failures.
-- ARGV: proof, key, sealed value, mark, size, condition, fingerprints or '', most keys, most bytes, channel, change,
-- life as a lease in ms or '', fence, encrypted writer in base64 or '', switch or '', since when leases could be renewed
-- or '' if unknown, change of the whole deployment.
local proof, key, sealed, mark, size, condition, fingerprints, max_keys, max_bytes, channel, change,
  life, fence, writer, armed, renewable, change_all = (table.unpack or unpack)(ARGV)

local record, reason = authorize(KEYS[1], proof)
if not record then return {reason} end

local first = first_answer(KEYS[5], fingerprints)
if first then return first end
if not holds_fence(KEYS[7], fence) then return {'fence'} end
local held = find_value(KEYS[4])
local names = not held and redis.call('ZCARD', KEYS[2])
if not held then
  local lost = lost_value(record.keys, names, KEYS[3], key)
  if lost then return {'lost', lost} end
end
local lapsed = held and held.expired
local switch = lapsed and find_switch(KEYS[8], key)
-- Until its switch fires, the holder can write a lapsed lease with its tag.
if switch and string.byte(condition) == 32 and check_condition(condition, held.mark) then lapsed = false end
local present = held and not lapsed
if present and held.expires > 0 and condition == '' then return {'leased', digits(held.expires)} end
if not check_condition(condition, present and held.mark) then
  if present then return {'condition', held.revision, held.mark} end
  return {'condition'}
end
if not held and names >= tonumber(max_keys) then return {'keys'} end
local bytes = record.bytes - (held and held.size or 0) + size
if bytes > tonumber(max_bytes) then return {'bytes'} end

-- Replacing an expired lease that is not swept yet expires it first, as a change of its own.
local n = now()
local at = digits(n)
local ended = lapsed and 1 or 0
local fired = lapsed and switch and renewable ~= '' and renewable + switch.life <= n
  and (switch.nsepoch == '*' or switch.nsepoch == record.nsepoch) and 1 or 0
local revision = digits(record.rev + ended + 1)
local seq = record.seq + ended + fired + 1
update_record(KEYS[1], revision, bytes, at, seq, not held and record.keys and record.keys + 1)
if not held then redis.call('ZADD', KEYS[2], 0, key) end
-- A lease's expiry has a fixed width, so that a renewal can overwrite it in place.
local version, expires = '1 ', '0'
if life ~= '' then version, expires = '2 ', string.format('%015.0f', n + life) end
local facts = revision .. ' ' .. mark .. ' ' .. size .. ' ' .. at .. ' ' .. expires
redis.call('SET', KEYS[4], version .. facts .. '\n' .. sealed)
redis.call('HSET', KEYS[3], key, writer == '' and facts or facts .. ' ' .. writer)
if armed ~= '' then
  redis.call('HSET', KEYS[8], key, armed)
elseif held and held.expires > 0 then
  redis.call('HDEL', KEYS[8], key)
end
remember(KEYS[5], fingerprints, revision, mark, expires)
if ended == 1 then append_event(KEYS[6], record.seq + 1, at, digits(record.rev + 1), 'expired', key) end
if fired == 1 then fire(KEYS[1], KEYS[9], KEYS[6], switch, seq - 1, at, digits(record.rev + 1)) end
append_event(KEYS[6], seq, at, revision, 'put', key_event(key, writer))
publish(channel, fired == 1 and change_all or change)
return {'done', revision, mark, expires}
