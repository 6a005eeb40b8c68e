-- KEYS: creation. ARGV: fingerprints (32 digits each, the current secret's first), id, epoch, '1' for a repetition
-- only.
-- The first creation with an idempotency key names the deployment; others get that one. See created.lua.
local first = redis.call('GET', KEYS[1])
if not first then
  if ARGV[4] == '1' then return {'limit'} end
  redis.call('SET', KEYS[1], string.sub(ARGV[1], 1, 32) .. ' ' .. ARGV[2] .. ' ' .. ARGV[3], 'PX', 86400000)
  return {'new', ARGV[2], ARGV[3]}
end

local same, id, epoch, created = string.match(first, '^(%x+) (%S+) (%S+) ?(%S*)$')
for i = 1, #ARGV[1], 32 do
  if string.sub(ARGV[1], i, i + 31) == same then
    -- A write: the first one may not have been confirmed by the replicas yet.
    redis.call('PEXPIRE', KEYS[1], redis.call('PTTL', KEYS[1]))
    return {created == '' and 'claimed' or 'created', id, epoch}
  end
end
return {'reused'}
