-- KEYS: record, index, values. ARGV: '1' to return leases that have expired, too, until they are swept; how many bytes
-- a value may have; how many all values after the first may have; the key of each value.
-- Returns the head, then of each key its value, false if it is absent, 1 if it is too large, or 'lost' and the part.
local found = head(KEYS[1])
if not found then return {'gone'} end

local most, room = tonumber(ARGV[2]), tonumber(ARGV[3])
local part
for i = 3, #KEYS do
  local value = redis.call('GETRANGE', KEYS[i], 0, most)
  if value == '' then
    if part == nil then part = lost_part(redis.call('HGET', KEYS[1], 'keys'), nil, KEYS[2]) or false end
    local lost = redis.call('HEXISTS', KEYS[2], ARGV[i + 1]) == 1 and 'value' or part
    value = lost and {'lost', lost}
  elseif ARGV[1] ~= '1' and string.byte(value) == 50 and parse_value(value).expired then
    -- An expired lease (it begins with 2) counts as absent even before it is swept.
    value = false
  elseif #value > most or (i > 3 and #value > room) then
    value = 1
  else
    room = room - #value
  end
  found[i + 3] = value
end
return found
