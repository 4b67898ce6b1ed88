-- Carries over to changed limits what was taken of buckets: a bucket of 10 of which 4 were taken is one of 100 of which 4 were
-- taken. Left alone, its TAT would say that four tenths are gone: a raised limit would not let the next call through, and a
-- lowered one let through more than it should.
--
-- KEYS  TATs in ms, of any buckets
-- ARGV  for each: size and window (s) before, size and window after
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]

-- As in the admission.
local function interval(size, window) return math.max(1, math.floor(window * 1000000 / size)) end

for i, key in ipairs(KEYS) do
  local given = {}
  for j = 1, 4 do given[j] = tonumber(ARGV[(i - 1) * 4 + j]) end
  local arrival_us = math.floor((tonumber(redis.call('GET', key)) or 0) * 1000 + 0.5)
  if arrival_us > now_us then
    local before, after = interval(given[1], given[2]), interval(given[3], given[4])
    local taken = (arrival_us - now_us) / before
    -- No emptier than empty: what was taken beyond the new size is forgiven, so the next comes after one interval.
    local ahead_us = math.floor(math.min(taken, given[3]) * after)
    local kept_ms = math.max(given[4] * 1000, math.ceil(ahead_us / 1000))
    redis.call('SET', key, string.format('%.3f', (now_us + ahead_us) / 1000), 'PX', kept_ms)
  end
end
return #KEYS
