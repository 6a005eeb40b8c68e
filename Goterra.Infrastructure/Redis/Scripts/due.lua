-- KEYS: leases. The leases that may be over by now: member and score, at most 500.
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', digits(now()), 'WITHSCORES', 'LIMIT', 0, 500)
