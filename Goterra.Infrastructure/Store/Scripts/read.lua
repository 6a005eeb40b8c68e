-- KEYS: record, value.
local found = head(KEYS[1])
if not found then return {'gone'} end
found[6] = redis.call('GET', KEYS[2])
return found
