-- KEYS: instances. ARGV: instance, how long its entries live in ms.
-- Notes that the instance is here. Returns the time, then the instances seen lately.
local n = now()
redis.call('ZADD', KEYS[1], digits(n), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', digits(n - 6 * ARGV[2]))
local seen = redis.call('ZRANGEBYSCORE', KEYS[1], digits(n - 2 * ARGV[2]), '+inf')
table.insert(seen, 1, digits(n))
return seen
