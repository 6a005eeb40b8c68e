-- KEYS: record, names, index, value, events. ARGV: key, channel, change.
-- Removes a lease that has expired and publishes the change.
local record = redis.call('HMGET', KEYS[1], 'rev', 'bytes', 'seq')
local held = find_value(KEYS[4])
if not record[1] or not held or held.expires == 0 then return {'none'} end
if not held.expired then return {'lives', digits(held.expires - now())} end

local revision, seq, at = digits(record[1] + 1), record[3] + 1, digits(now())
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[1], 'rev', revision, 'bytes', digits(record[2] - held.size), 'updated', at, 'seq', digits(seq))
count_key(KEYS[1], -1)
redis.call('DEL', KEYS[4])
redis.call('ZREM', KEYS[2], ARGV[1])
append_event(KEYS[5], seq, at, revision, 'expired', ARGV[1])
publish(ARGV[2], ARGV[3])
return {'over'}
