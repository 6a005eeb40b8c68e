-- KEYS: record, tombstone. Whose the deployment is, also for some days after its end.
local r = redis.call('HMGET', KEYS[1], 'source', 'uid', 'ns', 'nsepoch', 'expires')
if r[1] then return {time_left(r[5]) and 'lives' or 'over', r[1], r[2], r[3], r[4] or ''} end
local source, uid, ns = string.match(redis.call('GET', KEYS[2]) or '', '^([^\n]*)\n([^\n]*)\n([^\n]*)$')
if source then return {'over', source, uid, ns, ''} end
return {'unknown'}
