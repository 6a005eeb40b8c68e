-- KEYS: leases. Returns up to 500 leases that may have expired, as member and score.
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', digits(now()), 'WITHSCORES', 'LIMIT', 0, 500)
