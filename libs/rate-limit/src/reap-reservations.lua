-- Gives back the reservations of a workspace that have lapsed, as the next admission would, for the workspace that has none.
--
-- KEYS  1 quota:daily:<workspace>   2 quota:reservations:<workspace>   3 quota:lapsed:<workspace>
-- ARGV  1 most to take at once
-- Reply {the reservations that were moved to quota:lapsed}
local seconds_per_day = 86400
-- How long a lapsed reservation is remembered.
local lapsed_for_ms = seconds_per_day * 1000

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local day = math.floor(time[1] / seconds_per_day)
local day_end = (day + 1) * seconds_per_day

local lapsed = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now_ms, 'LIMIT', 0, ARGV[1])
if #lapsed == 0 then return lapsed end

local given_back = 0
for _, reservation in ipairs(lapsed) do
  local held, held_on = string.match(reservation, ':(%d+):(%d+)$')
  -- Only today's tokens are in today's count.
  if tonumber(held_on) == day then given_back = given_back + tonumber(held) end
  redis.call('ZREM', KEYS[2], reservation)
  redis.call('ZADD', KEYS[3], now_ms + lapsed_for_ms, reservation)
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now_ms)
redis.call('PEXPIRE', KEYS[3], lapsed_for_ms)

-- A count that is gone stays gone: zero would look like knowledge.
local ends = redis.call('EXPIRETIME', KEYS[1])
if given_back > 0 and (ends == -1 or ends >= day_end) then
  local count = tonumber(redis.call('GET', KEYS[1])) or 0
  redis.call('SET', KEYS[1], string.format('%.0f', math.max(0, count - given_back)), 'EXAT', day_end)
end
return lapsed
