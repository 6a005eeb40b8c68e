-- KEYS: record, events. ARGV: the number of the event after which to read, or '' for none.
local found = head(KEYS[1])
if not found then return {'gone'} end

local last = tonumber(redis.call('HGET', KEYS[1], 'seq'))
local first = last + 1
local complete = '1'
if ARGV[1] ~= '' then
  first = tonumber(ARGV[1]) + 1
  -- Kept no longer, or never written: a store that lost its last writes counts on from before.
  if first < last - 999 or first > last + 1 then
    first = math.max(1, last - 999)
    complete = '0'
  end
end

local lines = {}
for s = first, last do
  local line = redis.call('HGET', KEYS[2], digits(s % 1000))
  -- Each place is used again after 1,000 events.
  if line and string.sub(line, 1, #digits(s) + 1) == digits(s) .. ' ' then lines[#lines + 1] = line end
end
found[6] = digits(last)
found[7] = complete
found[8] = lines
return found
