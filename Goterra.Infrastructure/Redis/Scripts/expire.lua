-- KEYS: record, tombstone, names, index, lost. ARGV: channel, change.
-- Deletes the deployment if it has expired; otherwise returns when it expires.
local expires = redis.call('HGET', KEYS[1], 'expires')
if not expires then return {'over'} end
if time_left(expires) then return {'lives', expires} end
mark_deleted(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], ARGV[1], ARGV[2])
return {'over'}
