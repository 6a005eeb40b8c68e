-- KEYS: record, value, index. ARGV: key, '1' to return a lease that has expired, too, until it is swept.
local found = head(KEYS[1])
if not found then return {'gone'} end
local value = redis.call('GET', KEYS[2])
if not value then
  local lost = lost_value(KEYS[1], nil, KEYS[3], ARGV[1])
  if lost then return {'lost', lost} end
end
-- An expired lease (its blob begins with 2) counts as absent even before it is swept.
if value and ARGV[2] ~= '1' and string.byte(value) == 50 and find_value(KEYS[2]).expired then value = false end
found[6] = value
return found
