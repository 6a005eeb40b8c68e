-- KEYS: record, events, security, tickets, misuse.
-- ARGV: hash, machine, address, lifetime of the token in ms, maximum lifetime of the deployment in ms or '', sealed
-- text of the event, channel, change, encrypted client in base64.
-- Every refusal gets the same reply.
local r = redis.call('HMGET', KEYS[1], 'epoch', 'expires', 'rev', 'seq', 'nsepoch', 'created', 'ends', 'sec')
if not r[1] or not time_left(r[2]) then return {'refused'} end
local ticket = redis.call('HGET', KEYS[4], ARGV[1])
if not ticket then return {'refused'} end

local n = now()
local expires, epoch, nsepoch, machine, more, terms = string.match(
  ticket, '^(%d+) (%S+) (%S+) (%S+)([^\n]*)(\n.*)$')
if not expires or tonumber(expires) <= n or epoch ~= r[1] or (nsepoch ~= '*' and nsepoch ~= r[5]) then
  return {'refused'}
end

-- A ticket of version 0.1 has no id.
local id, parents, made = string.match(more, '^ (%S+) (%S+) (%S+)')
local tickets = not id and '*' or parents == '*' and id or parents .. '.' .. id
local kind, sec = 'ticketredeemed', (r[8] or 0) + 1
if machine == '-' then
  local use = id and ' ' .. id .. ' ' .. parents .. ' ' .. made .. ' ' .. digits(n) .. ' ' .. ARGV[9] or ''
  redis.call('HSET', KEYS[4], ARGV[1], expires .. ' ' .. epoch .. ' ' .. nsepoch .. ' ' .. ARGV[2] .. use .. terms)
elseif machine ~= ARGV[2] then
  -- Reported once per ticket and address, within a limit.
  if redis.call('HLEN', KEYS[5]) >= 1000 or redis.call('HSETNX', KEYS[5], ARGV[1] .. ' ' .. ARGV[3], '') == 0 then
    return {'refused'}
  end
  kind = 'ticketmisused'
else
  sec = ''
end

local ends, at = r[2], digits(n)
if kind == 'ticketredeemed' then ends = expires_with_token(r[2], r[7], n + ARGV[4], r[6], ARGV[5]) end
redis.call('HSET', KEYS[1], 'expires', ends, 'seq', digits(r[4] + 1))
if sec ~= '' then redis.call('HSET', KEYS[1], 'sec', digits(sec)) end
append_security(KEYS[2], KEYS[3], r[4] + 1, sec, at, r[3], kind, ARGV[6])
publish(ARGV[7], ARGV[8])
if kind == 'ticketmisused' then return {'refused'} end
return {'done', epoch, nsepoch, ends, tickets, at}
