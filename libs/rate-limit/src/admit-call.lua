-- Admits one call: takes a request from the key's bucket and the tokens from the workspace's day, or takes nothing.
-- Every process of the fleet asks the same script and the same clock (Redis'), so the limits hold however many there are.
--
-- KEYS  1 rate_limit:api_key:<key hash>      theoretical arrival time in ms; gone a window after the last request
--       2 quota:daily:<workspace>            tokens settled or reserved today (UTC); gone with the day
--       3 quota:reservations:<workspace>     sorted set of <call>:<tokens>:<day>, by the ms at which they lapse
--       4 quota:lapsed:<workspace>           those that lapsed, kept so that a late settle is known from a second one
-- ARGV  1 call id   2 requests per window   3 window in s   4 tokens to reserve (0: none, the quota is not asked)
--       5 tokens a day   6 ms until the reservation lapses
-- Reply {refused by ('' | 'requests' | 'tokens'), ms until a repeat makes sense, requests left, ms until the bucket is full,
--       tokens left, now in ms}
local seconds_per_day = 86400
-- How long a lapsed reservation is remembered.
local lapsed_for_ms = seconds_per_day * 1000
local reaped_per_call = 100

local call, requests, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens, daily, lapse_after_ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now_ms = math.floor(now_us / 1000)
local day = math.floor(time[1] / seconds_per_day)
local day_end = (day + 1) * seconds_per_day

-- tostring would write 1e+15.
local function whole(number) return string.format('%.0f', number) end

-- Today's count. A key that should have gone at midnight is not believed: expiry and TIME may differ by a moment.
local used = 0
local ends = redis.call('EXPIRETIME', KEYS[2])
if ends == -1 or ends >= day_end then used = tonumber(redis.call('GET', KEYS[2])) or 0 end

-- What killed processes left behind comes back. Only today's tokens are in today's count.
local given_back = 0
local lapsed = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now_ms, 'LIMIT', 0, reaped_per_call)
for _, reservation in ipairs(lapsed) do
  local held, held_on = string.match(reservation, ':(%d+):(%d+)$')
  if tonumber(held_on) == day then given_back = given_back + tonumber(held) end
  redis.call('ZREM', KEYS[3], reservation)
  redis.call('ZADD', KEYS[4], now_ms + lapsed_for_ms, reservation)
end
if #lapsed > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now_ms)
  redis.call('PEXPIRE', KEYS[4], lapsed_for_ms)
  used = math.max(0, used - given_back)
  redis.call('SET', KEYS[2], whole(used), 'EXAT', day_end)
end

-- GCRA (ITU-T I.371) in whole microseconds: no rounding, so a full bucket holds exactly `requests`.
local interval = math.max(1, math.floor(window * 1000000 / requests))
local capacity = interval * requests
local arrival = math.max(now_us, math.floor((tonumber(redis.call('GET', KEYS[1])) or 0) * 1000 + 0.5))
local next_arrival = arrival + interval

local function reply(refused_by, wait_us, taken_until)
  return {
    refused_by,
    math.ceil(wait_us / 1000),
    math.max(0, math.floor((capacity - (taken_until - now_us)) / interval)),
    math.ceil((taken_until - now_us) / 1000),
    math.max(0, daily - used),
    now_ms,
  }
end

-- The day first: its wait is the longer one, so it is the more useful answer when both refuse.
if tokens > 0 and used + tokens > daily then return reply('tokens', day_end * 1000000 - now_us, arrival) end
if next_arrival - now_us > capacity then return reply('requests', next_arrival - now_us - capacity, arrival) end

-- A bucket that is full again needs no key, but an operator who asks for it a moment later should still find it.
local kept_ms = math.max(window * 1000, math.ceil((next_arrival - now_us) / 1000))
redis.call('SET', KEYS[1], string.format('%.3f', next_arrival / 1000), 'PX', kept_ms)
if tokens > 0 then
  used = used + tokens
  redis.call('SET', KEYS[2], whole(used), 'EXAT', day_end)
  redis.call('ZADD', KEYS[3], now_ms + lapse_after_ms, call .. ':' .. whole(tokens) .. ':' .. day)
  redis.call('PEXPIRE', KEYS[3], lapse_after_ms + lapsed_for_ms)
end
return reply('', 0, next_arrival)
