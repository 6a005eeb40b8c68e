-- KEYS: record, names, index, value, replay.
-- ARGV: epoch, key, condition, replay life in ms or '', channel, change.
local revision, bytes = enter(KEYS[1], ARGV[1])
if not revision then return {bytes} end

local held, mark, size = head_of(KEYS[4])
if ARGV[4] ~= '' then
  local first = redis.call('GET', KEYS[5])
  if first then return {'done', string.match(first, '^(%d+) (%x*)$')} end
end
if not holds(ARGV[3], held, mark) then return {'condition', held, mark} end
if not held then return {'absent'} end

revision = digits(revision + 1)
redis.call('HSET', KEYS[1], 'rev', revision, 'bytes', digits(bytes - size), 'updated', digits(now()))
redis.call('DEL', KEYS[4])
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[2])
if ARGV[4] ~= '' then redis.call('SET', KEYS[5], revision .. ' ', 'PX', ARGV[4]) end
redis.call('PUBLISH', ARGV[5], ARGV[6])
return {'done', revision, ''}
