-- KEYS: leases, beat. ARGV: the longest silence in ms, or '' for any.
-- Returns since when leases could be renewed without interruption, then up to 500 leases that may have expired, as
-- member and score. An interruption is a longer time without this call, which every instance makes twice a second, or a
-- full store.
if redis.call('ZCARD', KEYS[1]) == 0 then return {''} end
local n, since = now(), '0'
if ARGV[1] ~= '' then
  local last, known = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) (%d+)$')
  since = last and n - last <= tonumber(ARGV[1]) and known or digits(n)
  local set = redis.pcall('SET', KEYS[2], digits(n) .. ' ' .. since)
  if set.err then since = digits(n) end
end

local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', digits(n), 'WITHSCORES', 'LIMIT', 0, 500)
table.insert(due, 1, since)
return due
