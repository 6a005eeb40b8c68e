-- KEYS: record, names, index, value, replay, events, value of the lease that fences.
-- ARGV: proof, key, condition, replay life in ms or '', channel, change, fence.
local record, reason = enter(KEYS[1], ARGV[1])
if not record then return {reason} end

if ARGV[4] ~= '' then
  local first = redis.call('GET', KEYS[5])
  if first then return replayed(first) end
end
if not fenced(KEYS[7], ARGV[7]) then return {'fence'} end
local held = head_of(KEYS[4])
if held and held.over then held = nil end
if held and held.expires > 0 and ARGV[3] == '' then return {'leased', digits(held.expires)} end
if not holds(ARGV[3], held and held.revision, held and held.mark) then
  if held then return {'condition', held.revision, held.mark} end
  return {'condition'}
end
if not held then return {'absent'} end

-- First what takes it out of listings, then what repeats of this do again; and first a removal: a store that is full allows it, and then the rest.
local revision = digits(record.rev + 1)
local at = digits(now())
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[1], 'rev', revision, 'bytes', digits(record.bytes - held.size), 'updated', at, 'seq', digits(record.seq + 1))
redis.call('DEL', KEYS[4])
redis.call('ZREM', KEYS[2], ARGV[2])
if ARGV[4] ~= '' then redis.call('SET', KEYS[5], revision .. ' ', 'PX', ARGV[4]) end
note(KEYS[6], record.seq + 1, at, revision, 'deleted', ARGV[2])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return {'done', revision, ''}
