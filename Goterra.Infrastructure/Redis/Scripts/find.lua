-- KEYS: record.
local found = head(KEYS[1])
if not found then return {'gone'} end
found[6] = digits(now())
return found
