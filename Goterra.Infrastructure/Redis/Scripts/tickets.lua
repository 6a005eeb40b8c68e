-- KEYS: record, tickets, misuse.
-- Returns the head, then hash and ticket in turns, then what the misuse of redeemed tickets left behind.
local found = head(KEYS[1])
if not found then return {'gone'} end

found[6] = redis.call('HGETALL', KEYS[2])
found[7] = redis.call('HKEYS', KEYS[3])
return found
