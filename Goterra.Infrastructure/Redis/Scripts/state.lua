-- KEYS: record, events. ARGV: proof, 'failed' or 'active', sealed reason, channel, change.
local record, reason = authorize(KEYS[1], ARGV[1])
if not record then return {reason} end

local failing = ARGV[2] == 'failed'
if record.state == 'active' and not failing then return {'done'} end
local at = digits(now())
local change = {'seq', digits(record.seq + 1)}
if record.state ~= ARGV[2] then
  change = {'seq', digits(record.seq + 1), 'state', ARGV[2]}
  -- The reason is kept after a resumption: a wait that missed the failed state still returns it.
  if failing then
    change = {'seq', digits(record.seq + 1), 'state', ARGV[2], 'reason', ARGV[3], 'fails', digits(record.fails + 1)}
  end
end
redis.call('HSET', KEYS[1], (table.unpack or unpack)(change))
append_event(KEYS[2], record.seq + 1, at, digits(record.rev), failing and 'failed' or 'resumed', ARGV[3])
publish(ARGV[4], ARGV[5])
return {'done'}
