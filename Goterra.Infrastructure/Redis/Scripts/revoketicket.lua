-- KEYS: record, events, security, tickets, switches.
-- ARGV: proof, id of the ticket, most tickets revoked one by one, encrypted text of the event, channel, change of the
-- events, change of all.
local record, reason = authorize(KEYS[1], ARGV[1])
if not record then return {reason} end

local r = redis.call('HMGET', KEYS[1], 'epoch', 'revoked', 'sec')
local ended, redeemed = {}, nil
local all = redis.call('HGETALL', KEYS[4])
for i = 1, #all, 2 do
  local epoch, machine, id, parents = string.match(all[i + 1], '^%d+ (%S+) %S+ (%S+) (%S+) (%S+)')
  if id == ARGV[2] and epoch == r[1] then redeemed = machine ~= '-' end
  -- Those that were created with its tokens end with it.
  if id == ARGV[2] or (parents and is_revoked(parents, ARGV[2])) then ended[#ended + 1] = all[i] end
end
if redeemed == nil then return {'absent'} end

local revoked, at = r[2] or '', digits(now())
if redeemed then
  local _, dots = string.gsub(revoked, '%.', '')
  if dots + 1 >= tonumber(ARGV[3]) then return {'tickets'} end
  revoked = revoked == '' and ARGV[2] or revoked .. '.' .. ARGV[2]
end
local switches = redeemed and redis.call('HGETALL', KEYS[5]) or {}
for i = 1, #switches, 2 do
  if is_revoked(string.match(switches[i + 1], '^%d+ %S+ (%S+)') or '*', ARGV[2]) then
    redis.call('HDEL', KEYS[5], switches[i])
  end
end
for i = 1, #ended do redis.call('HDEL', KEYS[4], ended[i]) end
redis.call('HSET', KEYS[1], 'revoked', revoked, 'seq', digits(record.seq + 1), 'sec', digits((r[3] or 0) + 1))
append_security(KEYS[2], KEYS[3], record.seq + 1, (r[3] or 0) + 1, at, digits(record.rev), 'ticketrevoked', ARGV[4])
publish(ARGV[5], redeemed and ARGV[7] or ARGV[6])
return {'done'}
