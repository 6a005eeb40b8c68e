-- KEYS: record, names, index, failures, switches. ARGV: first and last name of the range.
local found = head(KEYS[1])
if not found then return {'gone'} end
local lost = lost_part(redis.call('HGET', KEYS[1], 'keys'), redis.call('ZCARD', KEYS[2]), KEYS[3])
if lost then return {'lost', lost} end

local names = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], ARGV[2])
local facts = {}
-- In slices: the number of arguments to one call is limited.
for first = 1, #names, 1000 do
  local last = math.min(first + 999, #names)
  local slice = redis.call('HMGET', KEYS[3], (table.unpack or unpack)(names, first, last))
  for i = 1, last - first + 1 do
    if not slice[i] then return {'lost', 'index'} end
    facts[first + i - 1] = slice[i]
  end
end
found[6] = redis.call('HMGET', KEYS[1], 'source', 'uid', 'ns', 'name', 'created', 'updated', 'expires', 'rev')
found[7] = names
found[8] = facts
found[9] = digits(now())
found[10] = found[4] == 'failed' and redis.call('HVALS', KEYS[4]) or {}
found[11] = redis.call('HKEYS', KEYS[5])
return found
