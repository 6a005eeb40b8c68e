-- KEYS: record, names, index, value, replay, events.
-- ARGV: proof, key, sealed value, mark, size, condition, replay life in ms or '', most keys, most bytes, channel, change.
local record, reason = enter(KEYS[1], ARGV[1])
if not record then return {reason} end

local held, mark, size = head_of(KEYS[4])
if ARGV[7] ~= '' then
  local first = redis.call('GET', KEYS[5])
  if first then return {'done', string.match(first, '^(%d+) (%x*)$')} end
end
if not holds(ARGV[6], held, mark) then return {'condition', held, mark} end
if not held and redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[8]) then return {'keys'} end
local bytes = record.bytes - (size or 0) + ARGV[5]
if bytes > tonumber(ARGV[9]) then return {'bytes'} end

-- In this order, so that every prefix of it does no harm if the store dies on the way: a revision may be skipped; a name
-- without a value is not listed; the value itself says what it is.
local revision = digits(record.rev + 1)
local at = digits(now())
redis.call('HSET', KEYS[1], 'rev', revision, 'bytes', digits(bytes), 'updated', at, 'seq', digits(record.seq + 1))
if not held then redis.call('ZADD', KEYS[2], 0, ARGV[2]) end
local facts = revision .. ' ' .. ARGV[4] .. ' ' .. ARGV[5] .. ' ' .. at .. ' 0'
redis.call('SET', KEYS[4], '1 ' .. facts .. '\n' .. ARGV[3])
redis.call('HSET', KEYS[3], ARGV[2], facts)
if ARGV[7] ~= '' then redis.call('SET', KEYS[5], revision .. ' ' .. ARGV[4], 'PX', ARGV[7]) end
note(KEYS[6], record.seq + 1, at, revision, 'put', ARGV[2])
redis.call('PUBLISH', ARGV[10], ARGV[11])
return {'done', revision, ARGV[4]}
