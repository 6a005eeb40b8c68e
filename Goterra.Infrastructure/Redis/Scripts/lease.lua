-- KEYS: leases.
-- ARGV: member, ms until the next check or '-' to remove the entry, expected score or '' for a new entry.
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[3] ~= '' and held ~= ARGV[3] then return {'changed'} end
if ARGV[2] == '-' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  return {'done'}
end

-- A new entry never postpones an existing check, and always changes the score, so that a sweep in progress leaves it
-- alone.
local score = now() + ARGV[2]
if ARGV[3] == '' and held and tonumber(held) <= score then score = tonumber(held) - 1 end
redis.call('ZADD', KEYS[1], digits(score), ARGV[1])
return {'done'}
