-- A workspace's day as Redis has it at one moment, to be held against the ledger. Changes nothing.
--
-- KEYS  1 quota:daily:<workspace>   2 quota:reservations:<workspace>   3 quota:lapsed:<workspace>
--       4 quota:known:<workspace>   5 usage:events
-- Reply {day (days since the epoch), now in ms, count or '' when there is none, known or '', last id the stream gave,
--       {reservations}, {lapsed}}
local seconds_per_day = 86400
local time = redis.call('TIME')
local day = math.floor(time[1] / seconds_per_day)

-- The same disbelief as in admit-call.lua: a key that should have gone at midnight counts for nothing.
local count = ''
local ends = redis.call('EXPIRETIME', KEYS[1])
if ends == -1 or ends >= (day + 1) * seconds_per_day then count = redis.call('GET', KEYS[1]) end

-- Settling puts the event on the stream in the same step, so this id parts what the count holds from what came later.
local last_id = '0-0'
if redis.call('EXISTS', KEYS[5]) == 1 then
  local about = redis.call('XINFO', 'STREAM', KEYS[5])
  for i = 1, #about, 2 do
    if about[i] == 'last-generated-id' then last_id = about[i + 1] end
  end
end

return {
  day,
  time[1] * 1000 + math.floor(time[2] / 1000),
  count,
  redis.call('GET', KEYS[4]) or '',
  last_id,
  redis.call('ZRANGE', KEYS[2], 0, -1),
  redis.call('ZRANGE', KEYS[3], 0, -1),
}
