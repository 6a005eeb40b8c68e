-- KEYS: record, names. Returns what a list of deployments shows of each.
local found = head(KEYS[1])
if not found then return {'gone'} end
found[6] = redis.call('HMGET', KEYS[1], 'source', 'uid', 'ns', 'name', 'created', 'updated', 'expires', 'rev')
found[7] = tonumber(redis.call('HGET', KEYS[1], 'keys') or nil) or redis.call('ZCARD', KEYS[2])
return found
