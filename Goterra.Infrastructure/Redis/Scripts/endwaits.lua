-- KEYS: record, ended. ARGV: most, then for each wait its name, start, end and encrypted content.
-- Adds waits that have ended. Of a known one, the earlier start and the later end count.
if redis.call('EXISTS', KEYS[1]) == 0 then return {'gone'} end
for i = 2, #ARGV, 4 do
  local since, ended = ARGV[i + 1], ARGV[i + 2] .. ' ' .. ARGV[i + 3]
  local held = redis.call('HGET', KEYS[2], ARGV[i])
  if held then
    local start, rest = string.match(held, '^(%d+) (.*)$')
    if tonumber(start) < tonumber(since) then since = start end
    if tonumber(string.match(rest, '^%d+')) > tonumber(ARGV[i + 2]) then ended = rest end
  end
  redis.call('HSET', KEYS[2], ARGV[i], since .. ' ' .. ended)
end

local over = redis.call('HLEN', KEYS[2]) - ARGV[1]
if over > 0 then
  local all, ended = redis.call('HGETALL', KEYS[2]), {}
  for i = 1, #all, 2 do ended[#ended + 1] = {all[i], tonumber(string.match(all[i + 1], '^%d+ (%d+) '))} end
  table.sort(ended, function(a, b) return a[2] < b[2] or a[2] == b[2] and a[1] < b[1] end)
  for i = 1, over do redis.call('HDEL', KEYS[2], ended[i][1]) end
end
return {'done'}
