-- KEYS: record, value.
local r = redis.call('HMGET', KEYS[1], 'epoch', 'expires')
local left = r[1] and time_left(r[2])
if not left then return {'gone'} end
return {'ok', r[1], left, redis.call('GET', KEYS[2])}
