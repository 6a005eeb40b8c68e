-- KEYS: creation. The deployment that the idempotency key names exists: once it is gone, it is not created again.
local first = redis.call('GET', KEYS[1])
if first and not string.find(first, ' created', 1, true) then redis.call('APPEND', KEYS[1], ' created') end
return {'done'}
