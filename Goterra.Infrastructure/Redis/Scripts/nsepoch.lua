-- KEYS: record. ARGV: namespace, its epoch, channel, change. Keeps a copy of the namespace's epoch in the deployment; a
-- later one is never replaced.
local r = redis.call('HMGET', KEYS[1], 'ns', 'nsepoch')
if r[1] ~= ARGV[1] then return {'foreign'} end
local held = tonumber(string.match(r[2] or '', '^%d+') or '0')
if held >= tonumber(string.match(ARGV[2], '^%d+')) then return {'done'} end
redis.call('HSET', KEYS[1], 'nsepoch', ARGV[2])
publish(ARGV[3], ARGV[4])
return {'done'}
