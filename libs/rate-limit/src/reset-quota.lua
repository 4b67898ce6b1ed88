-- Begins a workspace's day anew, in one step with forgetting the calls that were in flight: what they use belongs to the time
-- before, so their settles must find no reservation ('unknown' in settle-call.lua) and go to the ledger by its side door.
--
-- KEYS  1 quota:daily:<workspace>   2 quota:reservations:<workspace>   3 quota:lapsed:<workspace>   4 quota:known:<workspace>
-- ARGV  1 ms of this clock after which it is too late: whoever asked has given up and was told that nothing changed
-- Reply now in ms; 0 when it was too late
local seconds_per_day = 86400
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
if now_ms > tonumber(ARGV[1]) then return 0 end
local day = math.floor(time[1] / seconds_per_day)
local day_end = (day + 1) * seconds_per_day

redis.call('SET', KEYS[1], '0', 'EXAT', day_end)
redis.call('DEL', KEYS[2], KEYS[3])
-- Nothing before now counts, so this Redis knows all of the day. It may forget so once the day after is over.
redis.call('SET', KEYS[4], string.format('%.0f', day), 'EXAT', day_end + seconds_per_day)
return now_ms
