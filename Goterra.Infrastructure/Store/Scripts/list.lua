-- KEYS: record, names, index. ARGV: first and last name of the range.
local r = redis.call('HMGET', KEYS[1], 'epoch', 'expires', 'source', 'uid', 'ns', 'name', 'created', 'updated', 'rev')
local left = r[1] and time_left(r[2])
if not left then return {'gone'} end

local names = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], ARGV[2])
local facts = {}
-- In slices: the number of arguments to one call is limited.
for first = 1, #names, 1000 do
  local last = math.min(first + 999, #names)
  local slice = redis.call('HMGET', KEYS[3], (table.unpack or unpack)(names, first, last))
  for i = 1, last - first + 1 do facts[first + i - 1] = slice[i] end
end
return {'ok', r[1], left, r, names, facts}
