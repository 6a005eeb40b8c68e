-- KEYS: record, events, failures.
-- ARGV: proof, hashes of the source or '' for all, the token family that must have reported it or '-' for any, sealed
-- source or '', channel, change.
local record, reason = authorize(KEYS[1], ARGV[1])
if not record then return {reason} end

if ARGV[2] == '' then
  if record.state == 'active' then return {'done'} end
  redis.call('DEL', KEYS[3])
else
  local source, failure = find_failure(KEYS[3], ARGV[2])
  if not source then return {'done'} end
  if ARGV[3] ~= '-' and ARGV[3] ~= string.match(failure, '^%d+ %d+ (%S+)') then return {'reporter'} end
  redis.call('HDEL', KEYS[3], source)
end

-- The reason is kept if no failure is left: a wait that missed the failed state still returns it.
local first = oldest_failure(KEYS[3])
if first then
  redis.call('HSET', KEYS[1], 'seq', digits(record.seq + 1), 'reason', first)
else
  redis.call('HSET', KEYS[1], 'seq', digits(record.seq + 1), 'state', 'active')
end
append_event(KEYS[2], record.seq + 1, digits(now()), digits(record.rev), 'resumed', ARGV[4])
publish(ARGV[5], ARGV[6])
return {'done'}
