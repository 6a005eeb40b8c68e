-- KEYS: record, names, index, value, replay, events, value of the lease that fences, switches.
-- ARGV: proof, key, condition, fingerprints or '', channel, change, fence, encrypted writer in base64 or ''.
local proof, key, condition, fingerprints, channel, change, fence, writer = (table.unpack or unpack)(ARGV)

local record, reason = authorize(KEYS[1], proof)
if not record then return {reason} end

local first = first_answer(KEYS[5], fingerprints)
if first then return first end
if not holds_fence(KEYS[7], fence) then return {'fence'} end
local held = find_value(KEYS[4])
if not held then
  local lost = lost_value(record.keys, redis.call('ZCARD', KEYS[2]), KEYS[3], key)
  if lost then return {'lost', lost} end
end
-- Until its switch fires, the holder can give a lapsed lease back with its tag.
if held and held.expired and (string.byte(condition) ~= 32 or not check_condition(condition, held.mark)
  or redis.call('HEXISTS', KEYS[8], key) == 0) then held = nil end
if held and held.expires > 0 and not held.expired and condition == '' then return {'leased', digits(held.expires)} end
if not check_condition(condition, held and held.mark) then
  if held then return {'condition', held.revision, held.mark} end
  return {'condition'}
end
if not held then return {'absent'} end

-- The first write is a removal: a full store allows it, and then the rest of the script.
local revision = digits(record.rev + 1)
local at = digits(now())
redis.call('HDEL', KEYS[3], key)
update_record(KEYS[1], revision, record.bytes - held.size, at, record.seq + 1, record.keys and record.keys - 1)
redis.call('DEL', KEYS[4])
redis.call('ZREM', KEYS[2], key)
if held.expires > 0 then redis.call('HDEL', KEYS[8], key) end
remember(KEYS[5], fingerprints, revision, '', '0')
append_event(KEYS[6], record.seq + 1, at, revision, 'deleted', key_event(key, writer))
publish(channel, change)
return {'done', revision, ''}
