-- KEYS: record, names, index, value, replay, events, value of the lease that fences, switches, failures.
-- ARGV: proof, key, sealed value, mark, size, condition, fingerprints or '', most keys, most bytes, channel, change,
-- life as a lease in ms or '', fence, encrypted writer in base64 or '', switch or '', since when leases could be renewed
-- or '' if unknown, change of the whole deployment.
local record, reason = authorize(KEYS[1], ARGV[1])
if not record then return {reason} end

local first = first_answer(KEYS[5], ARGV[7])
if first then return first end
if not holds_fence(KEYS[7], ARGV[13]) then return {'fence'} end
local held = find_value(KEYS[4])
local names = not held and redis.call('ZCARD', KEYS[2])
if not held then
  local lost = lost_value(record.keys, names, KEYS[3], ARGV[2])
  if lost then return {'lost', lost} end
end
local lapsed = held and held.expired
local switch = lapsed and find_switch(KEYS[8], ARGV[2])
-- Until its switch fires, the holder can write a lapsed lease with its tag.
if switch and string.byte(ARGV[6]) == 32 and check_condition(ARGV[6], held.mark) then lapsed = false end
local present = held and not lapsed
if present and held.expires > 0 and ARGV[6] == '' then return {'leased', digits(held.expires)} end
if not check_condition(ARGV[6], present and held.mark) then
  if present then return {'condition', held.revision, held.mark} end
  return {'condition'}
end
if not held and names >= tonumber(ARGV[8]) then return {'keys'} end
local bytes = record.bytes - (held and held.size or 0) + ARGV[5]
if bytes > tonumber(ARGV[9]) then return {'bytes'} end

-- Replacing an expired lease that is not swept yet expires it first, as a change of its own.
local n = now()
local at = digits(n)
local ended = lapsed and 1 or 0
local fired = lapsed and switch and ARGV[16] ~= '' and ARGV[16] + switch.life <= n
  and (switch.nsepoch == '*' or switch.nsepoch == record.nsepoch) and 1 or 0
local revision = digits(record.rev + ended + 1)
local seq = record.seq + ended + fired + 1
update_record(KEYS[1], revision, bytes, at, seq, not held and record.keys and record.keys + 1)
if not held then redis.call('ZADD', KEYS[2], 0, ARGV[2]) end
-- A lease's expiry has a fixed width, so that a renewal can overwrite it in place.
local version, expires = '1 ', '0'
if ARGV[12] ~= '' then version, expires = '2 ', string.format('%015.0f', n + ARGV[12]) end
local facts = revision .. ' ' .. ARGV[4] .. ' ' .. ARGV[5] .. ' ' .. at .. ' ' .. expires
redis.call('SET', KEYS[4], version .. facts .. '\n' .. ARGV[3])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[14] == '' and facts or facts .. ' ' .. ARGV[14])
if ARGV[15] ~= '' then
  redis.call('HSET', KEYS[8], ARGV[2], ARGV[15])
elseif held and held.expires > 0 then
  redis.call('HDEL', KEYS[8], ARGV[2])
end
remember(KEYS[5], ARGV[7], revision, ARGV[4], expires)
if ended == 1 then append_event(KEYS[6], record.seq + 1, at, digits(record.rev + 1), 'expired', ARGV[2]) end
if fired == 1 then fire(KEYS[1], KEYS[9], KEYS[6], switch, seq - 1, at, digits(record.rev + 1)) end
append_event(KEYS[6], seq, at, revision, 'put', key_event(ARGV[2], ARGV[14]))
publish(ARGV[10], fired == 1 and ARGV[17] or ARGV[11])
return {'done', revision, ARGV[4], expires}
