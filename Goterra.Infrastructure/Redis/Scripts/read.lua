-- KEYS: record, value.
local found = head(KEYS[1])
if not found then return {'gone'} end
local value = redis.call('GET', KEYS[2])
-- A lease (its blob begins with 2) that is over is absent, swept or not.
if value and string.byte(value) == 50 and find_value(KEYS[2]).expired then value = false end
found[6] = value
return found
