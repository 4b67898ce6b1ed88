-- Lets the count of a workspace's day follow a correction of one call in the ledger.
--
-- KEYS  1 quota:daily:<workspace>   2 quota:reservations:<workspace>   3 quota:lapsed:<workspace>
-- ARGV  1 call id   2 day of the call   3 tokens to add, may be negative
-- Reply 'followed'
--       'untouched'   the count does not hold this call's tokens: its day is over, there is no count, or the call was never
--                     settled here (settle-leaked.lua will, with what the ledger says then)
local seconds_per_day = 86400
local call, day, delta = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local today = math.floor(redis.call('TIME')[1] / seconds_per_day)
local day_end = (today + 1) * seconds_per_day

local ends = redis.call('EXPIRETIME', KEYS[1])
if day ~= today or not (ends == -1 or ends >= day_end) then return 'untouched' end
local prefix = call .. ':'
for _, key in ipairs({ KEYS[2], KEYS[3] }) do
  for _, reservation in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if string.sub(reservation, 1, #prefix) == prefix then return 'untouched' end
  end
end

local count = tonumber(redis.call('GET', KEYS[1])) or 0
redis.call('SET', KEYS[1], string.format('%.0f', math.max(0, count + delta)), 'EXAT', day_end)
return 'followed'
