-- KEYS: record, events, tombstone. ARGV: lifetime in ms or '', then pairs of field and value.
-- Another request with the same idempotency key may have created the deployment meanwhile.
if redis.call('EXISTS', KEYS[1], KEYS[3]) > 0 then return {'exists'} end
local created = now()
local expires = '0'
if ARGV[1] ~= '' then expires = digits(created + ARGV[1]) end
created = digits(created)
redis.call('HSET', KEYS[1], 'v', '1', 'created', created, 'updated', created, 'expires', expires,
  'rev', '0', 'bytes', '0', 'keys', '0', 'seq', '1', 'state', 'active', 'fails', '0', 'reason', '',
  (table.unpack or unpack)(ARGV, 2))
append_event(KEYS[2], 1, created, '0', 'created', '')
return {created, expires}
