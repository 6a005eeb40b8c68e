-- KEYS: record. ARGV: proof, channel, change. What belongs to the deployment is removed afterwards; without a record it is out of reach.
local record, reason = enter(KEYS[1], ARGV[1])
if not record then return {reason} end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return {'done'}
