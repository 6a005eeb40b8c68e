-- KEYS: record, grave. ARGV: channel, change. Ends the deployment if its time is over; tells when it will be, if not.
local expires = redis.call('HGET', KEYS[1], 'expires')
if not expires then return {'over'} end
if time_left(expires) then return {'lives', expires} end
mark_deleted(KEYS[1], KEYS[2], ARGV[1], ARGV[2])
return {'over'}
