-- KEYS: record, events, security, tickets.
-- ARGV: proof, hash, lifetime of the ticket in ms, window, left (see "derived_lifetime"), most tickets, sealed terms,
-- sealed words of the event, channel, change, id of the ticket.
local record, reason = authorize(KEYS[1], ARGV[1])
if not record then return {reason} end

local n = now()
local r = redis.call('HMGET', KEYS[1], 'epoch', 'created', 'sec')
local lifetime = derived_lifetime(tonumber(ARGV[3]), r[2], n, ARGV[4], caller_left(ARGV[1], ARGV[5], n))
if not lifetime then return {'closed'} end
if redis.call('HLEN', KEYS[4]) >= tonumber(ARGV[6]) then
  local all = redis.call('HGETALL', KEYS[4])
  for i = 1, #all, 2 do
    local over, epoch = string.match(all[i + 1], '^(%d+) (%S+)')
    if tonumber(over) <= n or epoch ~= r[1] then redis.call('HDEL', KEYS[4], all[i]) end
  end
  if redis.call('HLEN', KEYS[4]) >= tonumber(ARGV[6]) then return {'tickets'} end
end

local expires, at = digits(n + lifetime), digits(n)
local nsepoch, parents = string.match(ARGV[1], ' (%S+) (%S+) %d+$')
redis.call('HSET', KEYS[4], ARGV[2], expires .. ' ' .. r[1] .. ' ' .. nsepoch .. ' - ' .. ARGV[11] .. ' ' .. parents
  .. ' ' .. at .. ' 0 -\n' .. ARGV[7])
redis.call('HSET', KEYS[1], 'seq', digits(record.seq + 1), 'sec', digits((r[3] or 0) + 1))
append_security(KEYS[2], KEYS[3], record.seq + 1, (r[3] or 0) + 1, at, digits(record.rev), 'ticketmade', ARGV[8])
publish(ARGV[9], ARGV[10])
return {'done', expires}
