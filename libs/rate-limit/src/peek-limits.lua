-- How limits stand, all at one moment of one clock (Redis'). Moves nothing.
--
-- KEYS  1 quota:daily:<workspace>   2 rate_limit:workspace:<workspace>
--       and, when a key is asked about, 3 rate_limit:api_key:<hash>   4 rate_limit:tokens:<hash>   5 rate_limit:parallel:<hash>
-- Reply {now in us, tokens counted today or nothing when there is no count of today, then the TAT (ms) of 2, 3 and 4 or nothing,
--       calls in flight}
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local day_end = (math.floor(time[1] / 86400) + 1) * 86400

-- A key that should have gone at midnight is not believed, as in the admission.
local used = false
local ends = redis.call('EXPIRETIME', KEYS[1])
if ends == -1 or ends >= day_end then used = redis.call('GET', KEYS[1]) end

local reply = { now_us, used, redis.call('GET', KEYS[2]) }
if KEYS[3] then
  reply[4] = redis.call('GET', KEYS[3])
  reply[5] = redis.call('GET', KEYS[4])
  -- A slot whose time is up is free, whether or not an admission has cleared it away yet.
  reply[6] = redis.call('ZCOUNT', KEYS[5], '(' .. math.floor(now_us / 1000), '+inf')
end
return reply
