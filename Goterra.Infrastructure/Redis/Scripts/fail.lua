-- KEYS: record, events, failures.
-- ARGV: proof, hashes of the source, token family or '-', sealed failure, channel, change.
local record, reason = authorize(KEYS[1], ARGV[1])
if not record then return {reason} end

local at = digits(now())
local report = {source = ARGV[2], family = ARGV[3], note = ARGV[4], how = 'declared'}
if not open_failure(KEYS[1], KEYS[3], report, record.seq + 1, at) then return {'failures'} end
redis.call('HSET', KEYS[1], 'seq', digits(record.seq + 1))
append_event(KEYS[2], record.seq + 1, at, digits(record.rev), 'failed', ARGV[4])
publish(ARGV[5], ARGV[6])
return {'done'}
