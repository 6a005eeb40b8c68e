-- KEYS: record, events, security, switches. Records a new token, after revoking all others on request.
-- ARGV: proof, lifetime of the token in ms, window and left (see "derived_lifetime"), maximum lifetime of the
-- deployment in ms or '', new epoch or '', encrypted text of the event, channel, change.
local record, reason = authorize(KEYS[1], ARGV[1])
if not record then return {reason} end

local n = now()
local r = redis.call('HMGET', KEYS[1], 'epoch', 'created', 'expires', 'ends', 'sec')
local lifetime = derived_lifetime(tonumber(ARGV[2]), r[2], n, ARGV[3], caller_left(ARGV[1], ARGV[4], n))
if not lifetime then return {'closed'} end

local expires = expires_with_token(r[3], r[4], n + lifetime, r[2], ARGV[5])
local epoch = ARGV[6] ~= '' and ARGV[6] or r[1]
local at = digits(n)
local revoked, sec = ARGV[6] ~= '', ''
if revoked then
  sec = (r[5] or 0) + 1
  -- First the removal, which a full store accepts.
  redis.call('DEL', KEYS[4])
  redis.call('HSET', KEYS[1], 'sec', digits(sec), 'revoked', '')
end
redis.call('HSET', KEYS[1], 'epoch', epoch, 'expires', expires, 'seq', digits(record.seq + 1))
local kind = revoked and 'revoked' or 'tokenmade'
append_security(KEYS[2], KEYS[3], record.seq + 1, sec, at, digits(record.rev), kind, ARGV[7])
publish(ARGV[8], ARGV[9])
return {'done', epoch, digits(lifetime), expires, at}
