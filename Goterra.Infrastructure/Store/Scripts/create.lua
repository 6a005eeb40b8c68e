-- KEYS: record. ARGV: lifetime in ms or '', then pairs of field and value.
local created = now()
local expires = '0'
if ARGV[1] ~= '' then expires = digits(created + ARGV[1]) end
created = digits(created)
redis.call('HSET', KEYS[1], 'v', '1', 'created', created, 'updated', created, 'expires', expires,
  'rev', '0', 'bytes', '0', 'state', 'active', (table.unpack or unpack)(ARGV, 2))
return {created, expires}
