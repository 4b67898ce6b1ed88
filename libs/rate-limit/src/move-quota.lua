-- Moves the count of a workspace's day by the drift that was found in it. By a difference and not to a value: calls go on
-- between the look and this, and each of them keeps the count as right or as wrong as it was.
--
-- KEYS  1 quota:daily:<workspace>   2 quota:known:<workspace>
-- ARGV  1 day that was looked at   2 tokens to add, may be negative   3 '1' when there was a count, else '0'
--       4 quota:known as it was, '' for none
-- Reply 'moved'
--       'changed'   the day is over, or the count was lost or built anew meanwhile: the drift is none of this count's
local seconds_per_day = 86400
local day, delta = tonumber(ARGV[1]), tonumber(ARGV[2])
local today = math.floor(redis.call('TIME')[1] / seconds_per_day)
local day_end = (today + 1) * seconds_per_day

local count = false
local ends = redis.call('EXPIRETIME', KEYS[1])
if ends == -1 or ends >= day_end then count = tonumber(redis.call('GET', KEYS[1])) or 0 end

local had_count = ARGV[3] == '1'
local known = redis.call('GET', KEYS[2]) or ''
if day ~= today or had_count ~= (count ~= false) or known ~= ARGV[4] then return 'changed' end

-- tostring would write 1e+15.
redis.call('SET', KEYS[1], string.format('%.0f', math.max(0, (count or 0) + delta)), 'EXAT', day_end)
return 'moved'
