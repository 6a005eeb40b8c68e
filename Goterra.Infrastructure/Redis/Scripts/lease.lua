-- KEYS: leases. ARGV: member, in how many ms to look, or '-' to remove it; the score that it must still have, or '' for a new note.
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[3] ~= '' and held ~= ARGV[3] then return {'changed'} end
if ARGV[2] == '-' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  return {'done'}
end

-- A new note never postpones the look at what is there now, and always changes the score: whoever has just looked then leaves it alone.
local score = now() + ARGV[2]
if ARGV[3] == '' and held and tonumber(held) <= score then score = tonumber(held) - 1 end
redis.call('ZADD', KEYS[1], digits(score), ARGV[1])
return {'done'}
