-- KEYS: record, names. ARGV: first and last name of the range.
local found = head(KEYS[1])
if not found then return {'gone'} end
local lost = lost_part(redis.call('HGET', KEYS[1], 'keys'), redis.call('ZCARD', KEYS[2]), nil)
if lost then return {'lost', lost} end
found[6] = redis.call('ZLEXCOUNT', KEYS[2], ARGV[1], ARGV[2])
return found
