-- KEYS: record, names, index, value, events, switches, failures.
-- ARGV: key, channel, change, change of the whole deployment, since when leases could be renewed.
-- Removes a lease that has expired, reports the failure of its switch, and publishes the change.
local record = redis.call('HMGET', KEYS[1], 'rev', 'bytes', 'seq', 'nsepoch', 'expires', 'keys')
local held = find_value(KEYS[4])
if not record[1] or not held or held.expires == 0 then return {'none'} end
local n = now()
if not held.expired then return {'lives', digits(held.expires - n)} end

local switch = find_switch(KEYS[6], ARGV[1])
if switch and ARGV[5] + switch.life > n then return {'lives', digits(ARGV[5] + switch.life - n)} end
local fires = switch and time_left(record[5]) and (switch.nsepoch == '*' or switch.nsepoch == record[4])

local revision, seq, at = digits(record[1] + 1), record[3] + 1, digits(n)
redis.call('HDEL', KEYS[3], ARGV[1])
update_record(KEYS[1], revision, record[2] - held.size, at, fires and seq + 1 or seq, record[6] and record[6] - 1)
redis.call('DEL', KEYS[4])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[6], ARGV[1])
append_event(KEYS[5], seq, at, revision, 'expired', ARGV[1])
if fires then fire(KEYS[1], KEYS[7], KEYS[5], switch, seq + 1, at, revision) end
publish(ARGV[2], fires and ARGV[4] or ARGV[3])
return {'over'}
