-- KEYS: record. ARGV: channel, change. Ends the deployment if its time is over; tells when it will be, if not.
local expires = redis.call('HGET', KEYS[1], 'expires')
if not expires then return {'over'} end
if time_left(expires) then return {'lives', expires} end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {'over'}
