-- Frees the slots of calls in flight whose time is over, for keys that nobody calls with any more.
--
-- KEYS  rate_limit:parallel:<key hash>, any number of them
-- Reply how many slots were freed
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local freed = 0
for _, key in ipairs(KEYS) do
  freed = freed + redis.call('ZREMRANGEBYSCORE', key, '-inf', now_ms)
end
return freed
